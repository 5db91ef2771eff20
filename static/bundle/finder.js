// The search of the catalogue as files: what catalog/finding does on the site, for a browser without a server.
// Patterns, tables and cases come from the site (catalog/bundle/finder.py); tests hold both to the same answers.

const data = JSON.parse(document.getElementById("catalogue").textContent);
const patterns = Object.fromEntries(
  Object.entries(data.patterns).map(([name, [source, flags]]) => [name, new RegExp(source, flags)]),
);

const whole = (pattern, text) => {
  const match = new RegExp(`^(?:${pattern.source})$`, pattern.flags.replace("g", "")).exec(text);
  return match && match[0] === text ? match : null;
};
const atStart = (pattern, text) => new RegExp(`^(?:${pattern.source})`, pattern.flags.replace("g", "")).exec(text);
const unique = (values) => [...new Set(values)];

// ---- What counts as the same: `fold` of the database.

const NUMERALS = "一二三四五六七八九";
const numeral = (text) => {
  if (!text.includes("十")) return NUMERALS.indexOf(text) + 1;
  const [tens, ones] = text.split("十");
  return 10 * (tens ? NUMERALS.indexOf(tens) + 1 : 1) + (ones ? NUMERALS.indexOf(ones) + 1 : 0);
};
const FIRST_YEARS = { 令和: 2018, 平成: 1988, 昭和: 1925 };

function plainWriting(text) {
  return text
    .replace(patterns.unseen, "")
    .replace(/([ぁ-ゖァ-ヺ])ー+/gu, "$1")
    .replace(/ヴァ/g, "バ").replace(/ヴィ/g, "ビ").replace(/ヴェ/g, "ベ").replace(/ヴォ/g, "ボ").replace(/ヴ/g, "ブ")
    .replace(/(?<=[0-9]),(?=[0-9]{3}(?![0-9]))/g, "")
    .replace(/(?<=[0-9])[‐‑‒–—―−〜~-](?=[0-9])/gu, "~")
    .replace(/(令和|平成|昭和)(元|[0-9]{1,2}|[一二三四五六七八九十]{1,3})年/gu, (_, era, year) => {
      const number = year === "元" ? 1 : /^[0-9]/.test(year) ? Number(year) : numeral(year);
      return `${FIRST_YEARS[era] + number}年`;
    })
    .replace(/\(株\)/g, "株式会社")
    .replace(/東京都/g, "東京ǀ都")
    .replace(/([協審評合])議会/gu, "$1議ǀ会");
}

const fold = (text) =>
  Array.from(plainWriting(text.normalize("NFKC").toLowerCase()), (one) => data.same[one] ?? one).join("");
const foldName = (text) => fold(text).replaceAll("ǀ", "").replace(/(?<=[一-鿿])[けがか](?=[一-鿿])/gu, "け");

// ---- Words (sentences.py).

const wordsIn = (text) =>
  (text.replace(patterns.invisible, "").replace(patterns.list_number, "").match(patterns.piece) ?? [])
    .map((piece) => piece.replace(patterns.trimmed, "").replace(patterns.tied, ""))
    .filter(Boolean);
const isEmpty = (word) => [[word], cut(word)].some((parts) => parts.every((part) => whole(patterns.empty, part)));
const withContent = (words) => {
  const telling = words.filter((word) => !isEmpty(word));
  return telling.length ? telling : words;
};

const cut = (word) =>
  word
    .split(patterns.joint)
    .flatMap((part) => cutPart(part.replace(patterns.plain_verb, "").replace(patterns.of_cases, "")));

function cutPart(part) {
  const runs = [...part.matchAll(patterns.run)].map((match) => [match.groups.kana !== undefined, match[0]]);
  const words = [];
  let written = "";
  runs.forEach(([isKana, run], at) => {
    const [before, behind] = isKana ? tied(run, written ? runs[at - 1][1] : "", at < runs.length - 1) : [run, ""];
    if (before === run) {
      written += run;
    } else {
      words.push(written + before);
      written = behind;
    }
  });
  return [...words, written].map((found) => found.replace(patterns.trimmed, "")).filter(Boolean);
}

function tied(run, runBefore, hasBehind) {
  const hasBefore = runBefore !== "";
  if (whole(patterns.stem, runBefore) && atStart(patterns.begins_with_stem, run)) return [run, ""];
  if (whole(patterns.is_doing, run) || ((hasBefore || hasBehind) && whole(patterns.is_tie, run))) return ["", ""];
  const begins = whole(patterns.begins_with_tie, run);
  const length = [...run].length;
  if (hasBefore && !hasBehind && length > 2 && (begins || atStart(patterns.begins_with_doing, run))) return ["", ""];
  if ([...runBefore].length > 1 && length > 2 && begins) return ["", begins.groups.rest];
  const ends = hasBehind && whole(patterns.ends_with_tie, run);
  return ends && [...(runBefore + ends.groups.word)].length > 1 ? [ends.groups.word, ""] : [run, ""];
}

function withoutVerb(word) {
  for (;;) {
    const shorter = word.replace(patterns.before_noun, "");
    if ([...shorter].length <= 1 || shorter === word) return word;
    word = shorter;
  }
}

// ---- What a text states (understanding.py, fields.py).

function persons(text) {
  let plain = text.normalize("NFKC").replace(patterns.blanks, "");
  plain = plain.replace(/[〇一二三四五六七八九]/gu, (one) => "〇一二三四五六七八九".indexOf(one));
  const stated = plain.length <= data.longest_number ? whole(patterns.persons, plain) : null;
  if (!stated || stated.slice(1).every((group) => group === undefined)) return null;
  // In thousandths, so that 0.8万 and its like are exact.
  const counted = stated.slice(1).map((number, at) =>
    number === undefined ? 0 : data.factors[at] * Math.round(Number(number.replaceAll(",", "") || 1) * 1000),
  );
  const total = counted.reduce((sum, one) => sum + one, 0) / 1000;
  return Number.isInteger(total) ? total : null;
}
const personsIn = (text) => persons(text) ?? (/^[0-9]+$/.test(text) ? Number(text) : 0);

const MEANINGS = {
  both_bounds({ first, last, below }) {
    const start = /^[0-9]+$/.test(first) && first.length < 3 && "万千".includes(last.at(-1)) ? first + last.at(-1) : first;
    return [
      ["population_min", personsIn(start)],
      ["population_max", personsIn(last) - (below === "未満" ? 1 : 0)],
    ];
  },
  bounds({ amount, at_most: atMost, below, above, denied }) {
    const [isMax, last] = [Boolean(atMost || below), personsIn(amount) - (below ? 1 : 0) + (above ? 1 : 0)];
    return [[isMax === Boolean(denied) ? "population_min" : "population_max", denied ? last + (isMax ? 1 : -1) : last]];
  },
  at_most: ({ amount }) => [["population_max", personsIn(amount)]],
  leading({ amount }) {
    const persons = personsIn(amount);
    const zeros = String(persons).match(/0*$/)[0].length;
    return [
      ["population_min", persons],
      ["population_max", persons + 10 ** zeros - 1],
    ];
  },
  near: ({ amount }) => [["near_population", personsIn(amount)]],
  steps({ number, until, further, onwards, up_to: upTo }) {
    const stated = Number(data.steps[number] ?? number);
    const [first, last] = [upTo ? 0 : stated, onwards ? data.last_step : Number(until ?? stated)];
    const range = Array.from({ length: Math.max(last - first + 1, 0) }, (_, at) => first + at);
    return [...range, ...(further ?? "").matchAll(/[0-3]/g)].map((one) => ["step", String(one)]);
  },
  region: ({ region }) => data.regions[region].map((value) => ["region", value]),
  area: ({ area }) => data.areas[area].map((value) => ["prefecture", value]),
  kinds: ({ kind }) => data.kinds[kind].map((value) => ["kind", value]),
  prefecture: ({ prefecture }) => [["prefecture", data.prefectures[prefecture]]],
};

function isStated(groups) {
  const numbers = ["amount", "first", "last"].filter((name) => name in groups).map((name) => groups[name]);
  if (groups.region === data.needs_chiho && !(groups.chiho || groups.beside)) return false;
  if (numbers.length && !groups.population) {
    const ofBodies = groups.bodies && numbers.at(-1).endsWith("万");
    if (!(groups.unit || ofBodies) || personsIn(numbers.at(-1)) < data.fewest_persons) return false;
  }
  return numbers.every((number) => personsIn(number) > 0 && personsIn(number) <= data.max_persons);
}

// As names are compared: old forms of kanji do not matter.
const plainName = (text) =>
  Array.from(text.replaceAll("ヶ", "ケ"), (one) => (whole(patterns.may_have_forms, one) && data.same[one]) || one).join("");

const names = new Set(data.names);
const longestName = Math.max(...data.names.map((name) => name.length));

function spansOfNames(text) {
  const spans = [];
  const isHiragana = (at) => whole(patterns.hiragana, text[at]);
  for (let start = 0; start < text.length; ) {
    let end = 0;
    if (!(start && isHiragana(start) && isHiragana(start - 1))) {
      for (let to = Math.min(text.length, start + longestName); to > start && !end; to--) {
        if (names.has(text.slice(start, to))) end = to;
      }
    }
    if (end) spans.push([start, end]);
    start = end || start + 1;
  }
  return spans;
}

function read(text) {
  const parts = (text.match(patterns.character) ?? []).map((one) => one.normalize("NFKC").replace(patterns.invisible, ""));
  const written = parts.join("");
  const plain = plainName(written);
  const taken = spansOfNames(plain);
  const found = [];
  for (const [name, meaning] of data.grammar) {
    for (const match of plain.matchAll(patterns[name])) {
      const [start, end] = [match.index, match.index + match[0].length];
      const values = isStated(match.groups) ? MEANINGS[meaning](match.groups) : [];
      if (values.length && !taken.some(([from, to]) => from < end && start < to)) {
        taken.push([start, end]);
        if (match.groups.void) continue;
        const told = values.map(([parameter, value]) => [parameter, String(value)]);
        const from = start + match[0].indexOf(match.groups.phrase);
        const own = [from, from + match.groups.phrase.length];
        found.push({ start, end, own, values: told, isBut: Boolean(match.groups.but) });
      }
    }
  }
  found.sort((one, other) => one.start - other.start);
  const conditions = inEachOther(found, written).flatMap(({ own, values }) =>
    values.map(([parameter, value]) => ({ text: written.slice(...own), parameter, value })),
  );
  return { conditions, rest: found.length ? restOf(written, found) : text };
}

const parametersOf = ({ values }) => unique(values.map(([parameter]) => parameter));
const speaksOf = (phrase, ...parameters) => parametersOf(phrase).every((one) => parameters.includes(one));

function inEachOther(found, text) {
  const told = inRows(found, text, patterns.in_row_or_list)
    .flatMap((row) => (row.at(-1).isBut ? [row] : inRows(row, text, patterns.in_row)))
    .flatMap(rowOf);
  return Object.keys(data.every).reduce(withoutExceptions, told).filter(({ values }) => values.length);
}

function inRows(found, text, between) {
  const rows = [];
  for (const phrase of found) {
    const row = rows.at(-1);
    if (row && whole(between, text.slice(row.at(-1).end, phrase.start))) row.push(phrase);
    else rows.push([phrase]);
  }
  return rows;
}

function rowOf(row) {
  const parameters = row.flatMap(parametersOf);
  if (parameters.includes("region") && parameters.includes("prefecture")) row = row.map(asPrefectures);
  const last = row.at(-1);
  if (!last.isBut) return row;
  const isExcepted = (one) => parametersOf(one).join() === parametersOf(last).join();
  const excepted = row.filter(isExcepted);
  const own = [excepted[0].own[0], last.own[1]];
  return [...row.filter((one) => !isExcepted(one)), { ...last, own, values: excepted.flatMap(({ values }) => values) }];
}

function asPrefectures(phrase) {
  if (!speaksOf(phrase, "region", "prefecture")) return phrase;
  const codes = phrase.values.flatMap(([, value]) => data.of_region[value] ?? [value]);
  return { ...phrase, values: codes.map((code) => ["prefecture", code]) };
}

function withoutExceptions(told, parameter) {
  const ofThis = told.filter((one) => speaksOf(one, parameter));
  const excepted = new Set(ofThis.filter(({ isBut }) => isBut).flatMap(({ values }) => values.map(([, value]) => value)));
  if (!excepted.size) return told;
  const isSaid = ofThis.some(({ isBut }) => !isBut);
  let left = isSaid ? [] : data.every[parameter].map((value) => [parameter, value]);
  return told.map((one) => {
    if (!speaksOf(one, parameter)) return one;
    const values = one.isBut ? left : one.values;
    if (one.isBut) left = [];
    return { ...one, values: values.filter(([, value]) => !excepted.has(value)) };
  });
}

function restOf(text, taken) {
  const pieces = [text.slice(0, taken[0].start)];
  taken.forEach(({ end }, at) => {
    pieces.push(text.slice(end, taken[at + 1]?.start ?? text.length).replace(patterns.after, ""));
  });
  return pieces.join(" ").split(/\s+/u).filter(Boolean).join(" ");
}

// ---- Terms and their hits (search.py, query.py).

const WHOLE = "=";
const READING = "~";

function wanted(typed, folded) {
  const plain = typed.normalize("NFKC").toLowerCase();
  if (whole(patterns.katakana, plain)) return WHOLE + READING + folded;
  return whole(patterns.latin, plain) ? WHOLE + folded : folded;
}

function variantsOf(typed) {
  const folded = fold(typed);
  const same = Object.entries(data.synonyms[folded] ?? {});
  return unique([wanted(typed, folded), ...same.map(([word, form]) => wanted(word, form))]);
}

function splitCompound(run) {
  const characters = [...run];
  if (!atStart(patterns.kanji, run) || characters.length < 4) return [run];
  const parts = [];
  for (let at = 0; at < characters.length - 1; at += 2) {
    parts.push(characters.slice(at, at + 3 < characters.length ? at + 2 : undefined).join(""));
  }
  return parts;
}

function piecesOf(typed) {
  const smallest = smallestPieces(typed);
  const pieces = [];
  for (let at = 0; at < smallest.length; ) {
    const rowOfSize = (size) => smallest.slice(at, at + size).join("");
    let size = Math.min(data.longest_row, smallest.length - at);
    while (size > 1 && (rowOfSize(size) === smallest.join("") || !data.synonyms[fold(rowOfSize(size))])) size -= 1;
    pieces.push(rowOfSize(size));
    at += size;
  }
  return pieces;
}

function smallestPieces(typed) {
  const plain = typed.normalize("NFKC");
  const said = withContent(cut(plain));
  if (said.length > 1) return said;
  const pieces = (plain.match(patterns.script) ?? []).flatMap(splitCompound);
  const isCompound =
    [...plain].length >= 4 && pieces.length > 1 && pieces.every((piece) => [...piece].length > 1 && !/^\p{Nd}+$/u.test(piece));
  return isCompound && plain.search(patterns.era) < 0 ? pieces : [];
}

const termOf = (typed) => ({
  typed,
  words: Object.keys(data.synonyms[fold(typed)] ?? {}),
  variants: variantsOf(typed),
  pieces: piecesOf(typed).map(variantsOf),
});

const termsWithVariants = (words) => words.filter((word) => patterns.letters.test(fold(word))).map(termOf);

const bordered = new Map(Object.entries(data.bordered).map(([name, pattern]) => [name, new RegExp(pattern, "u")]));

function has(one, variant, part, mark) {
  if (bordered.has(variant)) return bordered.get(variant).test(one[part]);
  if (!variant.startsWith(WHOLE)) return one[part].includes(variant);
  const word = variant.replace(/^[=~]+/, "");
  if (one.words.has(`${mark}${WHOLE}${word}`)) return true;
  return variant.includes(READING) && mark !== "*" && one.readings[mark].some((reading) => reading.startsWith(word));
}

const PARTS = [["title", "*"], ["head", "+"], ["text", ""]];
const PARTS_APART = 3;

// The rank of each case that has the term: 0 in the title to 3 for parts that stand apart.
function ranksOf(term) {
  const ranks = new Map();
  for (const one of data.cases) {
    let rank = PARTS.findIndex(([part, mark]) => term.variants.some((variant) => has(one, variant, part, mark)));
    if (rank < 0 && term.pieces.length && term.pieces.every((piece) => piece.some((variant) => has(one, variant, "text", "")))) {
      rank = PARTS_APART;
    }
    if (rank >= 0) ranks.set(one, rank);
  }
  return ranks;
}
const isFound = (term) => [...ranksOf(term).values()].some((rank) => rank < PARTS_APART);

function knownTogether(words) {
  for (let at = 0; at + 1 < words.length; at++) {
    const pair = `${words[at]} ${words[at + 1]}`;
    if (data.synonyms[fold(pair)]) return [...words.slice(0, at), pair, ...knownTogether(words.slice(at + 2))];
  }
  return words;
}

function asOneTerm(text, title) {
  const [own, ofTitle] = [text, title].map(termOf);
  const pieces = own.pieces.length ? own.pieces : ofTitle.pieces;
  return [{ ...own, variants: unique([...own.variants, ...ofTitle.variants]), pieces }];
}

function partsOfSentence(term) {
  const parts = termsWithVariants(withContent(cut(term.typed)));
  const shorter = parts.map((part) => (isFound(part) ? part.typed : withoutVerb(part.typed)));
  if (shorter.every((word, at) => word === parts[at].typed)) return parts.length ? parts : [term];
  return termsWithVariants(shorter);
}

function termsOf(text) {
  const nearly = unique(listsNearlyCalled(text).map(([, , title]) => title));
  if (nearly.length === 1) return asOneTerm(text, nearly[0]);
  const terms = termsWithVariants(knownTogether(wordsIn(text))).flatMap((term) =>
    isFound(term) ? [term] : partsOfSentence(term),
  );
  return [...new Map(terms.map((term) => [term.typed, term])).values()];
}

// The place of each case among the hits of all terms; smaller is better.
function placesOf(terms) {
  let places = new Map(data.cases.map((one) => [one, 0]));
  const APART = 1e9;
  for (const term of terms) {
    const ranks = ranksOf(term);
    const weight = ranks.size ? Math.round(Math.log2(1 + data.cases.length / ranks.size)) : 0;
    const next = new Map();
    for (const [one, place] of places) {
      const rank = ranks.get(one);
      if (rank === undefined) continue;
      const apart = place >= APART || rank === PARTS_APART ? APART : 0;
      next.set(one, apart + (place % APART) + rank * weight);
    }
    places = next;
  }
  return places;
}

// The lists whose title the text is, in its very form or else but for its hiragana; their cases come first.
const withoutKana = (text) => text.normalize("NFKC").replace(/[ぁ-ゖ]|[^\p{L}\p{N}]/gu, "").toLowerCase();

function listsCalled(terms, { conditions, rest }) {
  if (!terms.length || conditions.length) return [];
  const folded = terms[0].variants[0].replace(/^[=~]+/, "");
  const called = terms.length === 1 ? data.titles.filter(([, , title]) => fold(title) === folded) : [];
  return called.length ? called : listsNearlyCalled(rest);
}

function listsNearlyCalled(rest) {
  const plain = withoutKana(rest);
  return plain.length < 3 ? [] : data.titles.filter(([, , title]) => withoutKana(title) === plain);
}

// ---- Nearness (nearest.py).

const bodies = new Map(data.bodies.map((body) => [body.code, body]));
const radians = (degrees) => (degrees * Math.PI) / 180;

function distance(one, other) {
  if ([one.latitude, one.longitude, other.latitude, other.longitude].includes(null)) return null;
  const across = Math.sin(radians(other.latitude - one.latitude) / 2) ** 2;
  const along = Math.sin(radians(other.longitude - one.longitude) / 2) ** 2;
  const shrunk = Math.cos(radians(one.latitude)) * Math.cos(radians(other.latitude));
  const chord = Math.min(Math.sqrt(across + along * shrunk), 1);
  return Math.round(Math.asin(chord) * data.earth_diameter_km * 10) / 10;
}

function score(body, own, population) {
  let total = 0;
  if (population) {
    const steps =
      body.population === null
        ? data.unknown_population
        : Math.log(Math.max(body.population, population) / Math.min(body.population, population)) / data.ln_1_25;
    total += Math.floor(own ? steps : steps * 100) * 1e7;
  }
  if (own) {
    total += (body.kind !== own.kind) * 4e6 + (body.prefecture !== own.prefecture) * 2e6 + (body.region !== own.region) * 1e6;
    total += distance(own, body) ?? data.unknown_distance_km;
  }
  return total;
}

// ---- A query (query.py, facets.py).

const OF_CASE = ["source", "step", "section", "topic", "effect", "cost", "year"];
const OF_BODY = ["population", "region", "prefecture", "kind", "body"];
const BOUNDS = ["population_min", "population_max"];
const LISTS = [...OF_CASE, ...OF_BODY];
const LEAST = { population_min: 0, population_max: 0, near_population: 1 };
const codes = data.bodies.map(({ code }) => code);
const values = { ...data.values, body: codes, near: codes };
const aliases = new Map(Object.entries(data.aliases).map(([name, of]) => [name, new Map(Object.entries(of))]));

// The parameters that an address gives, former names in it replaced by what now stands for them.
function givenBy(search) {
  const given = [...new URLSearchParams(search)].filter(([name, value]) => Object.hasOwn(data.labels, name) && value);
  return new URLSearchParams(given.map(([name, value]) => [name, aliases.get(name)?.get(value) ?? value]));
}

function isValue(name, value) {
  if (name in LEAST) return persons(value) !== null && persons(value) >= LEAST[name] && persons(value) <= data.max_persons;
  if (name === "q") return [...value.trim()].length <= data.longest_text && !/[\0\ufffd]/u.test(value);
  if (name === "page") return /^[0-9]+$/.test(value) && Number(value) > 0 && Number(value) <= data.max_persons;
  return values[name].includes(value);
}

// The first parameter with what is none of its values, or with more of them than it takes: it finds nothing.
const wrongIn = (given) =>
  Object.keys(data.labels).find((name) => {
    const all = given.getAll(name);
    return (all.length > 1 && !LISTS.includes(name)) || !all.every((value) => isValue(name, value));
  });

function readQuery(given) {
  const chosen = {};
  for (const name of LISTS) {
    const values = given.getAll(name).filter(Boolean);
    if (values.length) chosen[name] = values;
  }
  const asked = Object.entries(chosen);
  for (const name of BOUNDS) {
    if (given.get(name)) asked.push([name, [String(personsIn(given.get(name)))]]);
  }
  const wrong = wrongIn(given);
  const text = given.get("q") ?? "";
  const reading = given.get("literal") ? { conditions: [], rest: text } : read(text);
  const stated = new Map();
  for (const { parameter, value } of reading.conditions) {
    if (BOUNDS.includes(parameter)) asked.push([parameter, [value], true]);
    else if (parameter !== "near_population") stated.set(parameter, [...(stated.get(parameter) ?? []), value]);
  }
  for (const [name, values] of stated) asked.push([name, values, true]);
  const all = reading.rest ? termsOf(reading.rest) : [];
  const telling = all.filter((term) => !isEmpty(term.typed));
  const terms = telling.length || reading.conditions.length ? telling : all;
  const near = reading.conditions.find(({ parameter }) => parameter === "near_population");
  const own = bodies.get(given.get("near") ?? "") ?? null;
  const population = personsIn(given.get("near_population") ?? "") || Number(near?.value ?? 0) || own?.population || null;
  const target = own || population ? { own, population } : null;
  const called = listsCalled(terms, reading);
  const isMarksAlone = /\S|\ufeff/u.test(text) && !terms.length && !reading.conditions.length;
  const places = wrong || isMarksAlone ? new Map() : placesOf(terms);
  return { chosen, asked, terms, called, conditions: reading.conditions, target, places, wrong, sort: sortOf(given, target, terms) };
}

function sortOf(given, target, terms) {
  const asked = given.get("sort");
  const usual = target ? "nearest" : terms.length ? "relevance" : "document";
  const means = asked && !(asked === "nearest" && !target) && !(asked === "relevance" && !terms.length);
  return means ? asked : usual;
}

function bodySatisfies(body, name, values) {
  if (name === "population_min") return body.population !== null && body.population >= Number(values[0]);
  if (name === "population_max") return body.population !== null && body.population <= Number(values[0]);
  return values.includes(name === "body" ? body.code : name === "population" ? body.band : body[name]);
}
const speaksOfBody = (name) => OF_BODY.includes(name) || BOUNDS.includes(name);

// The cases found, without the filter of one facet that is chosen; what the text states is left out of none.
function found(query, exceptFor = "") {
  const asked = query.asked.filter(([name, , isStatedInText]) => name !== exceptFor || isStatedInText);
  const ofCase = asked.filter(([name]) => !speaksOfBody(name));
  const ofBody = asked.filter(([name]) => speaksOfBody(name));
  const satisfying = (one) => one.bodies.filter((body) => ofBody.every(([name, values]) => bodySatisfies(body, name, values)));
  return data.cases
    .filter((one) => query.places.has(one) && ofCase.every(([name, values]) => values.some((value) => one[name].includes(value))))
    .map((one) => [one, satisfying(one)])
    .filter(([, bodiesThere]) => !ofBody.length || bodiesThere.length);
}

function inOrder(query) {
  const cases = found(query).map(([one]) => one);
  const keys = {
    document: () => 0,
    relevance: (one) => (query.called.some(([name, value]) => one[name].includes(value)) ? -1 : query.places.get(one)),
    nearest: (one) => Math.min(...one.bodies.map((body) => score(body, query.target.own, query.target.population))),
    population: (one) => Math.min(...one.bodies.map((body) => body.population ?? Infinity)),
    "-population": (one) => Math.min(...one.bodies.map((body) => -(body.population ?? -Infinity))),
    "-updated": (one) => -one.updated,
  };
  const key = keys[query.sort];
  return cases.map((one) => [key(one), one]).sort(([a], [b]) => (a === b ? 0 : a - b)).map(([, one]) => one);
}

function count(query, name, value) {
  const isOfBody = speaksOfBody(name);
  const holds = ([one, there]) => (isOfBody ? there.some((body) => bodySatisfies(body, name, [value])) : one[name].includes(value));
  return found(query, query.chosen[name] ? name : "").filter(holds).length;
}

// What a query string finds, as tests ask for it.
window.find = (search) => {
  const query = readQuery(givenBy(search));
  return {
    slugs: inOrder(query).map((one) => one.slug),
    understood: query.conditions.map(({ parameter, value }) => [parameter, value]),
    counts: Object.fromEntries(
      [...document.querySelectorAll("#filter-form input[type=checkbox]")].map(({ name, value }) => [
        `${name}=${value}`,
        count(query, name, value),
      ]),
    ),
  };
};
window.fold = fold;

for (const one of data.cases) {
  one.bodies = one.bodies.map((code) => bodies.get(code));
  one.words = new Set(one.words);
  one.readings = { "+": [], "": [] };
  for (const word of one.words) {
    if (word.startsWith(READING)) one.readings[""].push(word.slice(1));
    if (word.startsWith(`+${READING}`)) one.readings["+"].push(word.slice(2));
  }
}

// ---- The page.

const form = document.getElementById("filter-form");
const cards = document.getElementById("cards");
const own = document.getElementById("own");
const choices = document.getElementById("own-choices");

const asText = (body) => `${body.full_name}（${body.kana}）`;
document.getElementById("all-bodies").append(...data.bodies.map((body) => new Option("", body.full_name)));

// The bodies that a text names: by code, name or reading in full, else those whose name has it.
function named(text) {
  const folded = foldName(text).replace(/\s/gu, "");
  const digits = text.normalize("NFKC").replace(/\D/gu, "");
  const exactly = data.bodies.filter(
    (body) =>
      [body.code, body.code.slice(0, 5)].includes(digits) ||
      [body.full_name, body.name, body.kana].some((name) => foldName(name) === folded),
  );
  return exactly.length ? exactly : data.bodies.filter((body) => foldName(body.full_name).includes(folded) || body.kana.includes(folded));
}

// What the form states, and beside it what the address does that the form has no field for: near, body, literal.
function queryOfForm() {
  const given = new URLSearchParams([...new FormData(form)].filter(([, value]) => value));
  for (const [name, value] of givenBy(location.search)) {
    if (!fieldOf(name, value) && isValue(name, value)) given.append(name, value);
  }
  return given;
}
const fieldOf = (name, value) =>
  [...form.elements].find((field) => field.name === name && (field.type !== "checkbox" || field.value === value));

function show(given) {
  const query = readQuery(given);
  const shown = inOrder(query);
  const order = shown.map((one) => document.getElementById(one.slug));
  for (const card of cards.children) card.hidden = true;
  for (const card of order) card.hidden = false;
  cards.append(...order);
  document.getElementById("count").textContent = shown.length;
  document.getElementById("to-results").textContent = `${shown.length}件を見る`;
  document.getElementById("status").textContent = `${shown.length}件の事例が見つかりました。`;
  for (const box of form.querySelectorAll("input[type=checkbox]")) {
    const number = count(query, box.name, box.value);
    box.disabled = number === 0 && !box.checked && !query.wrong;
    const label = box.closest("label");
    label.classList.toggle("checkbox--dead", box.disabled);
    label.querySelector(".checkbox__count").firstChild.data = query.wrong ? "" : number;
  }
  const understood = query.conditions.length
    ? `「${query.conditions.map((one) => one.text).join("」「")}」を条件として読み取りました。`
    : "";
  const only = query.wrong ? [] : (query.chosen.body ?? []).map((code) => bodies.get(code).full_name);
  tell("understood", understood + (only.length ? `${only.join("、")}の事例だけを表示しています。` : ""));
  const population = query.target && (query.target.own?.full_name ?? `人口${query.target.population.toLocaleString("ja")}人`);
  tell(
    "told",
    shown.length
      ? query.sort === "nearest" && `${population}に近い順に並べています。`
      : query.wrong
        ? wrongText(query.wrong, given.get(query.wrong))
        : "この条件に合う事例はありません。条件を減らしてください。",
  );
}

const wrongText = (name, value) =>
  name in LEAST && persons(value) === null
    ? "人数が読み取れません。「8000」「8,000人」「8千人」「0.8万人」のように入力してください。"
    : `「${data.labels[name]}」に、使えない値があります。直すか、「条件をすべて解除」を押して選び直してください。`;

function tell(id, text) {
  const place = document.getElementById(id);
  place.hidden = !text;
  place.textContent = text || "";
}

// The form as an address states it: values that it does not have are left out.
function fill(given) {
  for (const field of form.elements) {
    if (field.type === "checkbox") field.checked = given.getAll(field.name).includes(field.value);
    else if (field.name && given.has(field.name)) field.value = given.get(field.name);
  }
  own.value = bodies.get(given.get("near"))?.full_name ?? own.value;
}

function go(given) {
  history.replaceState(null, "", `?${given}`);
  show(given);
}

form.addEventListener("input", () => go(queryOfForm()));
form.addEventListener("submit", (event) => {
  event.preventDefault();
  go(queryOfForm());
  document.getElementById("results").focus();
});
document.getElementById("own-body").addEventListener("submit", (event) => {
  event.preventDefault();
  nearTo(own.value);
});

function nearTo(text) {
  const bodiesNamed = text.trim() ? named(text) : [];
  choices.replaceChildren();
  if (bodiesNamed.length === 1) {
    const given = queryOfForm();
    given.set("near", bodiesNamed[0].code);
    given.delete("near_population");
    own.value = bodiesNamed[0].full_name;
    go(given);
    return;
  }
  for (const body of bodiesNamed.slice(0, 20)) {
    const link = document.createElement("a");
    link.href = `?near=${body.code}`;
    link.textContent = asText(body);
    const item = document.createElement("li");
    item.append(link);
    choices.append(item);
  }
  if (!bodiesNamed.length) choices.append("見つかりません。市区町村や都道府県の名称、よみ、コードを入力してください。");
}

const given = givenBy(location.search);
fill(given);
show(given);
const name = new URLSearchParams(location.search).get("name");
if (name) nearTo(name);
