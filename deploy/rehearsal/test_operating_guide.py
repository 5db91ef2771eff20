"""The operating guide, followed: its own blocks pasted at the consoles of bare machines, in its order.

Each test goes on where the one before it ended.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from pathlib import Path

from rehearsal.conftest import PRIMARY, STANDBY, SUCCESSOR, Source
from rehearsal.machines import Machine
from tests.guide import blocks, variables
from tests.servers.clusters import HOST

PASSWORD = "nagai aikotoba wo tsukau"
NEW_EDITOR = {
    "利用者名（半角の英字、数字、@.+-_）：": "henshu",
    "メールアドレス（空でもかまいません）：": "",
    "パスワード（15文字以上。表示されません）：": PASSWORD,
    "パスワード（もう一度）：": PASSWORD,
}
MINUTES = 30
CASE = "dx2021-17-1"

# Asks the host that it is given for pages of which nginx has no copy, until it is told to stop.
READER = r"""
cat > /usr/local/bin/read-on <<'END'
#!/bin/sh
number=0
while [ -e /run/reading ]; do
    number=$((number + 1))
    curl --silent --cacert /root/ca.pem --output /dev/null --write-out '%{http_code}\n' \
        "https://$1/cases/?q=$number" >> /root/answers
done
END
chmod 0755 /usr/local/bin/read-on
"""
# An ACME server of the network's own; it proves the name as Let's Encrypt does, at port 80.
ACME = r"""
apt-get install -y --no-install-recommends curl openssl pebble
openssl req -x509 -newkey rsa:2048 -nodes -subj "/CN=standby" -keyout /root/acme.key -out /root/acme.pem
cat > /root/pebble.json <<'END'
{"pebble": {"listenAddress": "0.0.0.0:14000", "managementListenAddress": "127.0.0.1:15000",
 "certificate": "/root/acme.pem", "privateKey": "/root/acme.key", "httpPort": 80, "tlsPort": 443}}
END
systemd-run --quiet --unit=acme --setenv=PEBBLE_VA_NOSLEEP=1 pebble -config /root/pebble.json
curl --silent --retry 20 --retry-connrefused --insecure --output /root/ca.pem https://127.0.0.1:15000/roots/0
"""


# Logs in with a second factor, as an editor's browser does, and imports a changed title.
IMPORT = r"""
cat > /root/import.py <<'END'
import base64, hashlib, hmac, re, ssl, struct, sys, time, uuid
from http.cookiejar import CookieJar
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, HTTPSHandler, Request, build_opener

site, password, text = sys.argv[1:]
context = ssl.create_default_context(cafile="/root/ca.pem")
browser = build_opener(HTTPSHandler(context=context), HTTPCookieProcessor(CookieJar()))

def send(path, **fields):
    page = browser.open(f"{site}{path}").read().decode()
    fields["csrfmiddlewaretoken"] = re.search('name="csrfmiddlewaretoken" value="(.*?)"', page)[1]
    edge = uuid.uuid4().hex
    name = {field: f'name="{field}"' for field in fields} | {"file": 'name="file"; filename="a.csv"'}
    start = f"--{edge}\r\nContent-Disposition: form-data; "
    parts = [f"{start}{name[field]}\r\n\r\n{value}\r\n" for field, value in fields.items()]
    headers = {"Content-Type": f"multipart/form-data; boundary={edge}", "Referer": f"{site}{path}"}
    body = f"{''.join(parts)}--{edge}--\r\n".encode()
    return browser.open(Request(f"{site}{path}", body, headers)).read().decode()

page = send("/admin/login/", username="henshu", password=password, next="/admin/")
key = base64.b32decode(re.search("<code>(.*?)</code>", page)[1].replace(" ", ""))
mac = hmac.digest(key, struct.pack(">Q", int(time.time()) // 30), hashlib.sha1)
(number,) = struct.unpack_from(">I", mac, mac[-1] & 15)
send("/admin/second-factor/", token=f"{(number & 0x7FFFFFFF) % 1_000_000:06}")
shown = send("/admin/catalog/case/import/", file=text)
agreement = re.search('name="agreement" value="(.*?)"', shown)[1]
send("/admin/catalog/case/import/", agreement=agreement, reason="予行")
END
"""


def follow(
    machine: Machine,
    chapter: int,
    *steps: int,
    only: int | None = None,
    answers: Mapping[str, str] | None = None,
    **placed: str,
) -> str:
    """Pastes the blocks; what a block asks to be replaced is `placed`. Gives what the last one showed."""
    shown = ""
    found = blocks(chapter, *steps)
    for block in found if only is None else [found[only]]:
        for name, value in placed.items():
            block = re.sub(rf"^((?:export )?{name}=)\S+", rf"\g<1>{value}", block, flags=re.M)
        began = time.monotonic()
        shown = machine.paste(block, answers)
        first = block.splitlines()[0][:50]
        print(f"{machine.name} {chapter}: {first} … {time.monotonic() - began:.0f} s", flush=True)
    return shown


def get(machine: Machine, path: str, options: str = "--cacert /root/ca.pem") -> str:
    """What the machine gets from the site; waits until it answers with 2xx."""
    patience = "--silent --show-error --fail --retry 30 --retry-delay 1 --retry-all-errors"
    return machine.paste(f"curl {patience} {options} 'https://{HOST}{path}'")


def check(machine: Machine) -> None:
    """The doctor finds nothing that is wrong, and systemd no unit that failed."""
    assert "異常\t" not in machine.paste("dxcases doctor")
    assert machine.paste("systemctl --failed --quiet") == ""


def test_from_a_bare_machine_to_tls(primary: Machine, source: Source) -> None:
    began = time.monotonic()
    follow(primary, 1, 1, SOURCE=source.address)
    follow(primary, 1, *range(2, 6))
    follow(primary, 1, 6, answers=NEW_EDITOR)
    shown = follow(primary, 1, 7)
    minutes = (time.monotonic() - began) / 60
    print(f"bare to TLS-ready: {minutes:.1f} minutes")
    assert "異常\t" not in shown
    assert shown.rstrip().endswith("ok")
    assert minutes < MINUTES


def test_a_certificate_by_acme_and_its_renewal(primary: Machine, standby: Machine) -> None:
    standby.paste(f"echo '{PRIMARY} {HOST}' >> /etc/hosts")
    standby.paste(f"apt-get update\n{ACME}{READER}")
    own = primary.root / "root/.config/letsencrypt/cli.ini"
    own.parent.mkdir(parents=True)
    own.write_text(f"server = https://{STANDBY}:14000/dir\nno-verify-ssl = true\n")
    follow(primary, 1, 8)
    first = certificate(standby)
    assert "60件" in get(standby, "/cases/")
    primary.paste("certbot renew --force-renewal")
    time.sleep(2)  # a reload begins with new connections a moment after it is asked for
    assert certificate(standby) != first
    assert "60件" in get(standby, "/cases/")


def certificate(machine: Machine) -> str:
    """The number of the one that the site shows to the machine."""
    return machine.paste(
        f"openssl s_client -connect {HOST}:443 < /dev/null 2>&1 | openssl x509 -noout -serial"
    )


def test_it_comes_back_by_itself_after_a_restart(primary: Machine, standby: Machine) -> None:
    primary.restart()
    assert get(standby, "/healthz/ready") == "ok\n"
    primary.paste(f"export HOST={HOST}")
    check(primary)


def test_an_update_costs_readers_nothing(primary: Machine, standby: Machine, source: Source) -> None:
    page = source.folder / "templates/jinja2/catalog/about.html"
    text = page.read_text(encoding="utf-8")
    assert "</h1>" in text
    page.write_text(text.replace("</h1>", "</h1><p>新しい版です。</p>"), encoding="utf-8")
    (source.folder / "catalog/migrations/0002_rehearsal.py").write_text(
        "from django.db import migrations\n\n\n"
        "class Migration(migrations.Migration):\n"
        '    dependencies = [("catalog", "0001_initial")]\n'
        '    operations = [migrations.RunSQL("CREATE TABLE rehearsal (id int)", "DROP TABLE rehearsal")]\n'
    )
    source.publish("A version of the rehearsal's own")
    standby.paste(
        f"touch /run/reading; rm -f /root/answers; systemd-run --quiet --unit=reader read-on {HOST}"
    )
    follow(primary, 2)
    time.sleep(5)  # nginx keeps a page so long
    assert "新しい版です。" in get(standby, "/about/")
    standby.paste("rm /run/reading; sleep 2")
    answers = (standby.root / "root/answers").read_text().split()
    print(f"update: {len(answers)} pages read, {len(answers) - answers.count('200')} not 200")
    assert len(answers) > 20
    assert set(answers) == {"200"}
    check(primary)


def test_a_backup_goes_to_another_machine_and_comes_back(primary: Machine, standby: Machine) -> None:
    allow_to_log_in(standby, primary)
    follow(standby, 3, only=0, HOST=HOST)
    (newest,) = primary.paste("ls /var/backups/dxcases | tail -n 1").split()
    copy = standby.root / "srv/dxcases-backups" / newest
    assert copy.read_bytes() == (primary.root / "var/backups/dxcases" / newest).read_bytes()
    sql(primary, f"UPDATE catalog_case SET title = 'まちがい' WHERE slug = '{CASE}'")
    assert "まちがい" in get(standby, f"/cases/{CASE}/")
    follow(primary, 3, only=1, FILE=f"/var/backups/dxcases/{newest}")
    time.sleep(5)
    assert "まちがい" not in get(standby, f"/cases/{CASE}/")
    check(primary)


def allow_to_log_in(guest: Machine, host: Machine, name: str = HOST) -> None:
    """The guest may come as root by SSH, as the operator has arranged it where the guide begins."""
    host.paste("apt-get install -y --no-install-recommends openssh-server")
    guest.paste("apt-get install -y --no-install-recommends openssh-client rsync")
    guest.paste("ssh-keygen -q -t ed25519 -N '' -f /root/.ssh/id_ed25519")
    guest.paste(f"ssh-keyscan {name} > /root/.ssh/known_hosts")
    keys = host.root / "root/.ssh/authorized_keys"
    keys.parent.mkdir(mode=0o700, exist_ok=True)
    keys.write_text((guest.root / "root/.ssh/id_ed25519.pub").read_text())


def sql(machine: Machine, command: str) -> str:
    return machine.paste(f'sudo -u postgres psql --no-align --tuples-only --command="{command}" dxcases')


def test_the_secret_is_changed(primary: Machine, standby: Machine) -> None:
    env = primary.root / "etc/dxcases/env"
    before = variables(env)
    follow(primary, 4)
    now = variables(env)
    assert now["SECRET_KEY_FALLBACKS"] == before["SECRET_KEY"] != now["SECRET_KEY"]
    assert get(standby, "/healthz/ready") == "ok\n"
    check(primary)


def test_a_refused_login_is_found_in_the_log(primary: Machine, standby: Machine) -> None:
    login = f"https://{HOST}/admin/login/"
    standby.paste(
        f"""curl --silent --cacert /root/ca.pem --cookie-jar /root/jar --output /dev/null {login}
TOKEN=$(awk '/csrftoken/ {{ print $7 }}' /root/jar)
curl --silent --cacert /root/ca.pem --cookie /root/jar --output /dev/null --referer {login} \\
    --data "csrfmiddlewaretoken=$TOKEN&username=henshu&password=wrong" {login}"""
    )
    assert '"user": "henshu"' in follow(primary, 6)


def test_copies_are_removed_at_once(primary: Machine) -> None:
    assert copies(primary) != []
    follow(primary, 7)
    assert copies(primary) == []


def copies(machine: Machine) -> list[Path]:
    """The pages that nginx keeps."""
    return [path for path in (machine.root / "var/cache/nginx/dxcases").rglob("*") if path.is_file()]


def test_an_editor_imports_a_file(primary: Machine, standby: Machine) -> None:
    """All but what the unit names is read-only for the web server, and the file has to wait somewhere."""
    authority = (standby.root / "root/ca.pem").read_bytes()
    (primary.root / "root/ca.pem").write_bytes(authority)
    primary.paste(f"grep -q {HOST} /etc/hosts || echo '{PRIMARY} {HOST}' >> /etc/hosts\n{IMPORT}")
    primary.paste(f"python3 /root/import.py https://{HOST} '{PASSWORD}' $'識別名,題名\\n{CASE},取り込んだ題'")
    time.sleep(5)
    assert "取り込んだ題" in get(standby, f"/cases/{CASE}/")


def test_the_site_moves_to_a_new_server(
    primary: Machine, standby: Machine, successor: Machine, source: Source
) -> None:
    sql(primary, f"UPDATE catalog_case SET title = '引っ越しの前の変更' WHERE slug = '{CASE}'")
    follow(successor, 1, 1, SOURCE=source.address)
    follow(successor, 1, *range(2, 6))
    allow_to_log_in(successor, primary, PRIMARY)
    follow(primary, 9, 2)
    follow(successor, 9, 3)
    follow(successor, 9, 4)
    assert follow(successor, 1, 7).rstrip().endswith("ok")
    moved = f"--insecure --resolve {HOST}:443:{SUCCESSOR}"
    assert "引っ越しの前の変更" in get(standby, f"/cases/{CASE}/", moved)
    check(successor)
    successor.power_off()
    primary.paste("systemctl start dxcases-web.socket dxcases-web.service")


def test_a_standby_is_set_up_and_may_stop(primary: Machine, standby: Machine) -> None:
    shown = follow(primary, 8, 1)
    (password,) = re.findall(r"^[0-9a-f]{48}$", shown, re.M)
    assert follow(standby, 8, 2, answers={"Password: ": password}).split()[-3:] == ["t", "(1", "row)"]
    assert "OK\treplica1" in follow(primary, 8, 3)
    standby.paste("systemctl stop postgresql@15-main")
    assert "60件" in get(standby, "/cases/?sort=population")
    standby.paste("systemctl start postgresql@15-main")
    sql(primary, f"UPDATE catalog_case SET title = 'さいごの変更' WHERE slug = '{CASE}'")
    check(primary)


def test_the_standby_takes_over_from_a_lost_primary(
    primary: Machine, standby: Machine, source: Source
) -> None:
    primary.power_off()
    follow(standby, 8, 0, only=0)
    (standby.root / "etc/hosts").write_text(f"127.0.0.1 localhost\n{STANDBY} {HOST}\n")
    follow(standby, 1, 1, SOURCE=source.address)
    follow(standby, 1, 2, 3, 5)
    follow(standby, 8, 0, only=1)
    assert follow(standby, 1, 7).rstrip().endswith("ok")
    assert "さいごの変更" in get(standby, f"/cases/{CASE}/", "--insecure")
    check(standby)
