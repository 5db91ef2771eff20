from pathlib import Path

import catalog.models
import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.core.validators
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.comparison
import django.db.models.functions.text
from django.db import migrations, models

SQL = Path(__file__).with_name("sql")


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.RunSQL(
            sql=(SQL / "0001_body_code.sql").read_text(encoding="utf-8"),
            reverse_sql=(SQL / "0001_body_code.down.sql").read_text(),
        ),
        migrations.RunSQL(
            sql=(SQL / "0001_plain_text.sql").read_text(encoding="utf-8"),
            reverse_sql=(SQL / "0001_plain_text.down.sql").read_text(encoding="utf-8"),
        ),
        migrations.CreateModel(
            name='Prefecture',
            fields=[
                ('code', models.CharField(max_length=2, primary_key=True, serialize=False, verbose_name='都道府県コード')),
                ('name', models.CharField(max_length=10, unique=True, verbose_name='名称')),
                ('kana', models.CharField(max_length=20, verbose_name='よみ')),
                ('region', models.CharField(choices=[('hokkaido', '北海道'), ('tohoku', '東北'), ('kanto', '関東'), ('chubu', '中部'), ('kinki', '近畿'), ('chugoku', '中国'), ('shikoku', '四国'), ('kyushu', '九州・沖縄')], max_length=10, verbose_name='地方')),
            ],
            options={
                'verbose_name': '都道府県',
                'verbose_name_plural': '都道府県',
                'ordering': ('code',),
                'constraints': [models.CheckConstraint(condition=models.Q(('code__regex', '^[0-9]{2}$')), name='prefecture_code_is_two_digits'), models.CheckConstraint(condition=models.Q(('region__in', ['hokkaido', 'tohoku', 'kanto', 'chubu', 'kinki', 'chugoku', 'shikoku', 'kyushu'])), name='prefecture_region_is_known')],
            },
        ),
        migrations.CreateModel(
            name='Body',
            fields=[
                ('code', models.CharField(max_length=6, primary_key=True, serialize=False, verbose_name='全国地方公共団体コード')),
                ('name', models.CharField(max_length=20, verbose_name='名称')),
                ('kana', models.CharField(max_length=40, verbose_name='よみ')),
                ('kind', models.CharField(choices=[('prefecture', '都道府県'), ('designated_city', '政令指定都市'), ('city', '市'), ('special_ward', '特別区'), ('town', '町'), ('village', '村')], max_length=20, verbose_name='種別')),
                ('latitude', models.FloatField(help_text='庁舎の緯度（度）', verbose_name='緯度')),
                ('longitude', models.FloatField(help_text='庁舎の経度（度）', verbose_name='経度')),
                ('population', models.PositiveIntegerField(blank=True, help_text='人。分からないときは空のままにしてください。', null=True, verbose_name='人口')),
                ('population_as_of', models.DateField(blank=True, null=True, verbose_name='人口の基準日')),
                ('population_band', models.GeneratedField(db_persist=True, expression=models.Case(models.When(models.Q(('population__gte', 0), ('population__lt', 10000)), then=models.Value('0-1')), models.When(models.Q(('population__gte', 10000), ('population__lt', 30000)), then=models.Value('1-3')), models.When(models.Q(('population__gte', 30000), ('population__lt', 50000)), then=models.Value('3-5')), models.When(models.Q(('population__gte', 50000), ('population__lt', 100000)), then=models.Value('5-10')), models.When(models.Q(('population__gte', 100000), ('population__lt', 200000)), then=models.Value('10-20')), models.When(models.Q(('population__gte', 200000), ('population__lt', 500000)), then=models.Value('20-50')), models.When(models.Q(('population__gte', 500000), ('population__lt', 1000000)), then=models.Value('50-100')), models.When(models.Q(('population__gte', 1000000)), then=models.Value('100-')), models.When(models.Q(('population__isnull', True)), then=models.Value('unknown')), output_field=models.CharField()), output_field=models.CharField(max_length=10), serialize=False, verbose_name='人口帯')),
                ('prefecture', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='bodies', to='catalog.prefecture', verbose_name='都道府県')),
            ],
            options={
                'verbose_name': '団体',
                'verbose_name_plural': '団体',
                'ordering': ('code',),
            },
        ),
        migrations.CreateModel(
            name='SearchSynonym',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('words', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=50), help_text='1行に1語。どれで検索しても、すべての語で探します。', size=None, unique=True, verbose_name='言葉')),
            ],
            options={
                'verbose_name': '同義語',
                'verbose_name_plural': '同義語',
                'ordering': ('words',),
                'constraints': [models.CheckConstraint(condition=models.Q(('words__len__gte', 2)), name='search_synonym_has_two_words', violation_error_message='2語以上を入力してください。'), models.CheckConstraint(condition=models.Q(models.Func(models.F('words'), function='is_plain_text', output_field=models.BooleanField())), name='search_synonym_texts_are_plain', violation_error_message='目に見えない制御文字が含まれています。その文字を消すか、文を打ち直してください。')],
            },
        ),
        migrations.CreateModel(
            name='LinkCheck',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('url', models.URLField(max_length=500, unique=True, validators=[django.core.validators.URLValidator(schemes=['http', 'https']), catalog.models.refuse_credentials], verbose_name='URL')),
                ('outcome', models.CharField(choices=[('alive', 'つながる'), ('failing', 'つながらない'), ('dead', 'リンク切れ'), ('unclear', '確かめられない'), ('refused', '確認の対象外')], max_length=10, verbose_name='結果')),
                ('http_status', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='HTTPステータス')),
                ('reason', models.CharField(blank=True, max_length=100, verbose_name='理由')),
                ('final_url', models.TextField(blank=True, verbose_name='最後に応答したURL')),
                ('checked_at', models.DateTimeField(verbose_name='確認日時')),
                ('first_failed_on', models.DateField(blank=True, null=True, verbose_name='つながらなくなった日')),
                ('failed_days', models.PositiveSmallIntegerField(default=0, verbose_name='つながらなかった日数')),
            ],
            options={
                'verbose_name': 'リンクの確認',
                'verbose_name_plural': 'リンクの確認',
                'ordering': ('-checked_at', 'url'),
                'constraints': [models.CheckConstraint(condition=models.Q(('url__regex', '^https?://[^\\s/?#@\\\\]+([/?#]\\S*)?$')), name='link_check_url_is_web_address'), models.CheckConstraint(condition=models.Q(('final_url', ''), ('final_url__regex', '^https?://[^\\s/?#@\\\\]+([/?#]\\S*)?$'), _connector='OR'), name='link_check_final_url_is_web_address'), models.CheckConstraint(condition=models.Q(('http_status', None), ('http_status__range', (100, 999)), _connector='OR'), name='link_check_status_has_three_digits'), models.CheckConstraint(condition=models.Q(models.Q(('failed_days', 0), ('first_failed_on', None), ('outcome__in', ['alive', 'unclear', 'refused'])), models.Q(('failed_days__range', (1, 2)), ('first_failed_on__isnull', False), ('outcome', 'failing')), models.Q(('failed_days__gte', 3), ('first_failed_on__isnull', False), ('outcome', 'dead')), _connector='OR'), name='link_check_is_dead_after_three_days')],
            },
        ),
        migrations.CreateModel(
            name='Step',
            fields=[
                ('number', models.PositiveSmallIntegerField(primary_key=True, serialize=False, verbose_name='番号')),
                ('title', models.CharField(max_length=50, verbose_name='名称')),
                ('about', models.TextField(verbose_name='説明')),
            ],
            options={
                'verbose_name': 'ステップ',
                'verbose_name_plural': 'ステップ',
                'ordering': ('number',),
                'constraints': [models.CheckConstraint(condition=models.Q(('number__range', (0, 3))), name='step_is_known'), models.CheckConstraint(condition=models.Q(models.Func(models.F('title'), function='is_plain_text', output_field=models.BooleanField()), models.Func(models.F('about'), function='is_plain_text', output_field=models.BooleanField())), name='step_texts_are_plain', violation_error_message='目に見えない制御文字が含まれています。その文字を消すか、文を打ち直してください。')],
            },
        ),
        migrations.CreateModel(
            name='Section',
            fields=[
                ('id', models.CharField(max_length=3, primary_key=True, serialize=False, verbose_name='番号')),
                ('step', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='sections', to='catalog.step', verbose_name='ステップ')),
                ('title', models.CharField(max_length=50, verbose_name='名称')),
                ('position', models.PositiveSmallIntegerField(unique=True, verbose_name='並び順')),
            ],
            options={
                'verbose_name': '区分',
                'verbose_name_plural': '区分',
                'ordering': ('position',),
                'constraints': [models.CheckConstraint(condition=models.Q(('step', django.db.models.expressions.CombinedExpression(django.db.models.functions.comparison.Cast(django.db.models.functions.text.Left('id', 1), models.IntegerField()), '-', models.Value(1)))), name='section_id_matches_step')],
            },
        ),
        migrations.CreateModel(
            name='Guideline',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('title', models.CharField(max_length=200, unique=True, verbose_name='題名')),
                ('publisher', models.CharField(max_length=100, verbose_name='発行者')),
                ('published_on', models.DateField(help_text='日が分からないときはその月の1日', verbose_name='発行日')),
                ('published_note', models.CharField(help_text='例：令和3年1月', max_length=50, verbose_name='発行日の表示')),
                ('url', models.URLField(blank=True, max_length=500, validators=[django.core.validators.URLValidator(schemes=['http', 'https']), catalog.models.refuse_credentials], verbose_name='URL')),
                ('group', models.CharField(max_length=100, verbose_name='分類')),
                ('heading', models.CharField(max_length=100, verbose_name='見出し')),
                ('position', models.PositiveSmallIntegerField(verbose_name='並び順')),
                ('section', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='guidelines', to='catalog.section', verbose_name='関連する区分')),
            ],
            options={
                'verbose_name': '関連ガイドライン',
                'verbose_name_plural': '関連ガイドライン',
                'ordering': ('position', 'pk'),
            },
        ),
        migrations.CreateModel(
            name='Case',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('slug', models.SlugField(help_text='URLになる名前です（例：dx2021-17-1）。空のままにすると、出典・ページ・順番から付けます。公開した後は変えられません。', unique=True, verbose_name='識別名')),
                ('title', models.CharField(help_text='何をした取組かが、題名だけで分かるように書きます（例：窓口での申請書の記入をなくす「書かない窓口」）。', max_length=200, verbose_name='題名')),
                ('points', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), default=list, help_text='1行に1項目、2〜4項目が目安です。一覧に出ます。「何を、どうした」を30字くらいで書きます。', size=None, verbose_name='ポイント')),
                ('background', models.TextField(blank=True, help_text='課題、きっかけ、目的。取組の前に何に困っていたかが分かるように書きます。', verbose_name='背景')),
                ('approach', models.TextField(help_text='何を、誰が、どのように、いつ行ったか。同じことを始めたい人がまねできるように書きます。空行で段落を分け、行頭の「・」で箇条書きにします。', verbose_name='取組内容')),
                ('outcome', models.TextField(blank=True, help_text='得られた結果、効果、数値、反応。出典にないことは書きません。', verbose_name='成果')),
                ('references', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), blank=True, default=list, help_text='URLのない資料の名前。1行に1件。URLがあるものは下の「関連リンク」に入力します。', size=None, verbose_name='関連資料')),
                ('similar_open_ended', models.BooleanField(default=False, help_text='出典に「他」「等」とあるときに選んでください。', verbose_name='類似団体はほかにもある')),
                ('editor_note', models.TextField(blank=True, help_text='出典の矛盾や誤記など、読者に伝えること。', verbose_name='編集注')),
                ('page', models.PositiveSmallIntegerField(help_text='事例が始まるページの番号。', verbose_name='出典のページ')),
                ('order', models.PositiveSmallIntegerField(default=1, help_text='そのページで何番目の事例か。', verbose_name='ページ内の順番')),
                ('heading', models.CharField(blank=True, help_text='出典の表記のまま写します。', max_length=200, verbose_name='出典の見出し')),
                ('status', models.CharField(choices=[('draft', '下書き'), ('published', '公開'), ('withdrawn', '取り下げ')], default='draft', max_length=10, verbose_name='状態')),
                ('withdrawn_reason', models.TextField(blank=True, help_text='読者に見せます（例：団体の申し出により掲載を終えました）。取り下げるときは必ず書きます。', verbose_name='取り下げの理由')),
                ('withdrawn_pointer', models.URLField(blank=True, help_text='後継の事例や団体のページなど。なければ空のままにします。', max_length=500, validators=[django.core.validators.URLValidator(schemes=['http', 'https']), catalog.models.refuse_credentials], verbose_name='代わりに見るページのURL')),
                ('version', models.PositiveIntegerField(default=1, editable=False, serialize=False, verbose_name='版')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='作成日時')),
                ('updated_at', models.DateTimeField(auto_now=True, verbose_name='更新日時')),
                ('section', models.ForeignKey(help_text='出典の章に合わせます。手順書のステップは区分から決まります。', on_delete=django.db.models.deletion.PROTECT, related_name='cases', to='catalog.section', verbose_name='区分')),
            ],
            options={
                'verbose_name': '事例',
                'verbose_name_plural': '事例',
                'ordering': ('section_id', 'source_id', 'page', 'order', 'pk'),
                'permissions': (('publish_case', '事例を公開し、公開した事例を変えられる'),),
            },
        ),
        migrations.CreateModel(
            name='SimilarBody',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveSmallIntegerField(default=1, verbose_name='順番')),
                ('note', models.CharField(blank=True, help_text='出典のかっこ書き', max_length=200, verbose_name='注記')),
                ('url', models.URLField(blank=True, max_length=500, validators=[django.core.validators.URLValidator(schemes=['http', 'https']), catalog.models.refuse_credentials], verbose_name='URL')),
                ('body', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='similar_to', to='catalog.body', verbose_name='団体')),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='similar_bodies', to='catalog.case', verbose_name='事例')),
            ],
            options={
                'verbose_name': '類似の取組を行っている団体',
                'verbose_name_plural': '類似の取組を行っている団体',
                'ordering': ('position', 'pk'),
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Source',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('slug', models.SlugField(unique=True, verbose_name='識別名')),
                ('title', models.CharField(max_length=200, verbose_name='書名')),
                ('edition', models.CharField(blank=True, max_length=50, verbose_name='版')),
                ('publisher', models.CharField(max_length=100, verbose_name='発行者')),
                ('published_on', models.DateField(verbose_name='発行日')),
                ('url', models.URLField(blank=True, max_length=500, validators=[django.core.validators.URLValidator(schemes=['http', 'https']), catalog.models.refuse_credentials], verbose_name='URL')),
                ('terms', models.TextField(verbose_name='利用条件')),
            ],
            options={
                'verbose_name': '出典',
                'verbose_name_plural': '出典',
                'ordering': ('published_on', 'slug'),
                'constraints': [models.CheckConstraint(condition=models.Q(('url', ''), ('url__regex', '^https?://[^\\s/?#@\\\\]+([/?#]\\S*)?$'), _connector='OR'), name='source_url_is_web_address'), models.CheckConstraint(condition=models.Q(models.Func(models.F('title'), function='is_plain_text', output_field=models.BooleanField()), models.Func(models.F('edition'), function='is_plain_text', output_field=models.BooleanField()), models.Func(models.F('publisher'), function='is_plain_text', output_field=models.BooleanField()), models.Func(models.F('terms'), function='is_plain_text', output_field=models.BooleanField())), name='source_texts_are_plain', violation_error_message='目に見えない制御文字が含まれています。その文字を消すか、文を打ち直してください。')],
            },
        ),
        migrations.AddField(
            model_name='case',
            name='source',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='cases', to='catalog.source', verbose_name='出典'),
        ),
        migrations.CreateModel(
            name='Topic',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('slug', models.SlugField(unique=True, verbose_name='識別名')),
                ('title', models.CharField(max_length=50, unique=True, verbose_name='名称')),
                ('position', models.PositiveSmallIntegerField(verbose_name='並び順')),
            ],
            options={
                'verbose_name': 'テーマ',
                'verbose_name_plural': 'テーマ',
                'ordering': ('position', 'slug'),
                'constraints': [models.CheckConstraint(condition=models.Q(models.Func(models.F('title'), function='is_plain_text', output_field=models.BooleanField())), name='topic_texts_are_plain', violation_error_message='目に見えない制御文字が含まれています。その文字を消すか、文を打ち直してください。')],
            },
        ),
        migrations.AddField(
            model_name='case',
            name='topics',
            field=models.ManyToManyField(blank=True, help_text='取組の中心になるものを2〜5個選びます。', related_name='cases', to='catalog.topic', verbose_name='テーマ'),
        ),
        migrations.CreateModel(
            name='ZeroResultSearch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('term', models.CharField(max_length=100, verbose_name='言葉')),
                ('day', models.DateField(verbose_name='日')),
                ('count', models.PositiveIntegerField(verbose_name='回数')),
            ],
            options={
                'verbose_name': '結果のなかった検索',
                'verbose_name_plural': '結果のなかった検索',
                'default_permissions': (),
                'constraints': [models.UniqueConstraint(fields=('day', 'term'), name='zero_result_search_is_counted_by_day')],
            },
        ),
        migrations.CreateModel(
            name='CaseDocument',
            fields=[
                ('case', models.OneToOneField(on_delete=django.db.models.deletion.DO_NOTHING, primary_key=True, related_name='document', serialize=False, to='catalog.case')),
                ('slug', models.SlugField()),
                ('is_public', models.BooleanField()),
                ('made_in', models.BigIntegerField(db_index=True)),
                ('record', models.TextField()),
                ('extra', models.TextField()),
                ('section', models.CharField(max_length=3)),
                ('source', models.BigIntegerField()),
                ('page', models.PositiveSmallIntegerField()),
                ('order', models.PositiveSmallIntegerField()),
                ('updated_at', models.DateTimeField()),
                ('topics', django.contrib.postgres.fields.ArrayField(base_field=models.SlugField(), size=None)),
                ('bodies', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=6), size=None)),
                ('mentions', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=6), size=None)),
                ('title', models.TextField()),
                ('head', models.TextField()),
                ('folded', models.TextField()),
                ('grams', django.contrib.postgres.search.SearchVectorField()),
            ],
            options={
                'default_permissions': (),
                'indexes': [django.contrib.postgres.indexes.GinIndex(models.F('grams'), name='case_document_grams')],
            },
        ),
        migrations.CreateModel(
            name='CaseBody',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveSmallIntegerField(default=1, verbose_name='順番')),
                ('note', models.TextField(blank=True, help_text='団体ごとに内容が異なるときに書いてください。', verbose_name='注記')),
                ('body', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='case_bodies', to='catalog.body', verbose_name='団体')),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='case_bodies', to='catalog.case', verbose_name='事例')),
            ],
            options={
                'verbose_name': '実施団体',
                'verbose_name_plural': '実施団体',
                'ordering': ('position', 'pk'),
                'abstract': False,
                'constraints': [models.CheckConstraint(condition=models.Q(models.Func(models.F('note'), function='is_plain_text', output_field=models.BooleanField())), name='case_body_texts_are_plain', violation_error_message='目に見えない制御文字が含まれています。その文字を消すか、文を打ち直してください。'), models.UniqueConstraint(fields=('case', 'body'), name='case_body_is_unique', violation_error_message='同じ団体が2回あります。')],
            },
        ),
        migrations.CreateModel(
            name='Figure',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveSmallIntegerField(default=1, verbose_name='順番')),
                ('label', models.CharField(max_length=100, verbose_name='項目')),
                ('value', models.CharField(help_text='単位も書いてください。', max_length=200, verbose_name='値')),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='figures', to='catalog.case', verbose_name='事例')),
            ],
            options={
                'verbose_name': '数値',
                'verbose_name_plural': '数値',
                'ordering': ('position', 'pk'),
                'abstract': False,
                'constraints': [models.UniqueConstraint(fields=('case', 'label'), name='figure_label_is_unique', violation_error_message='同じ項目が2回あります。'), models.CheckConstraint(condition=models.Q(models.Q(('label', ''), _negated=True), models.Q(('value', ''), _negated=True)), name='figure_is_complete'), models.CheckConstraint(condition=models.Q(models.Func(models.F('label'), function='is_plain_text', output_field=models.BooleanField()), models.Func(models.F('value'), function='is_plain_text', output_field=models.BooleanField())), name='figure_texts_are_plain', violation_error_message='目に見えない制御文字が含まれています。その文字を消すか、文を打ち直してください。')],
            },
        ),
        migrations.CreateModel(
            name='Link',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveSmallIntegerField(default=1, verbose_name='順番')),
                ('url', models.URLField(max_length=500, validators=[django.core.validators.URLValidator(schemes=['http', 'https']), catalog.models.refuse_credentials], verbose_name='URL')),
                ('label', models.CharField(max_length=200, verbose_name='表示名')),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='links', to='catalog.case', verbose_name='事例')),
            ],
            options={
                'verbose_name': '関連リンク',
                'verbose_name_plural': '関連リンク',
                'ordering': ('position', 'pk'),
                'abstract': False,
                'constraints': [models.UniqueConstraint(fields=('case', 'url'), name='link_is_unique', violation_error_message='同じURLが2回あります。'), models.CheckConstraint(condition=models.Q(('url__regex', '^https?://[^\\s/?#@\\\\]+([/?#]\\S*)?$')), name='link_url_is_web_address'), models.CheckConstraint(condition=models.Q(models.Func(models.F('label'), function='is_plain_text', output_field=models.BooleanField())), name='link_texts_are_plain', violation_error_message='目に見えない制御文字が含まれています。その文字を消すか、文を打ち直してください。')],
            },
        ),
        migrations.AddIndex(
            model_name='body',
            index=models.Index(fields=['prefecture', 'kind'], name='body_by_place'),
        ),
        migrations.AddConstraint(
            model_name='body',
            constraint=models.CheckConstraint(condition=models.Q(models.Func(models.F('code'), function='is_body_code', output_field=models.BooleanField())), name='body_code_is_valid', violation_error_message='検査数字の合う6桁の全国地方公共団体コードを入力してください。'),
        ),
        migrations.AddConstraint(
            model_name='body',
            constraint=models.CheckConstraint(condition=models.Q(('prefecture', django.db.models.functions.text.Left('code', 2))), name='body_code_starts_with_prefecture', violation_error_message='コードの上2桁と都道府県が合いません。'),
        ),
        migrations.AddConstraint(
            model_name='body',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['prefecture', 'designated_city', 'city', 'special_ward', 'town', 'village'])), name='body_kind_is_known'),
        ),
        migrations.AddConstraint(
            model_name='body',
            constraint=models.CheckConstraint(condition=models.Q(('population', None), ('population__gt', 0), _connector='OR'), name='body_population_is_positive', violation_error_message='人口は1以上の人数を入力してください。'),
        ),
        migrations.AddConstraint(
            model_name='body',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('population', None), ('population_as_of', None)), models.Q(('population__isnull', False), ('population_as_of__isnull', False)), _connector='OR'), name='body_population_has_date', violation_error_message='人口と基準日は、両方入力するか両方空にしてください。'),
        ),
        migrations.AddConstraint(
            model_name='body',
            constraint=models.CheckConstraint(condition=models.Q(('latitude__range', (-90, 90)), ('longitude__range', (-180, 180))), name='body_coordinates_are_on_earth', violation_error_message='緯度は-90〜90、経度は-180〜180の範囲で入力してください。'),
        ),
        migrations.AddConstraint(
            model_name='body',
            constraint=models.CheckConstraint(condition=models.Q(models.Func(models.F('name'), function='is_plain_text', output_field=models.BooleanField()), models.Func(models.F('kana'), function='is_plain_text', output_field=models.BooleanField())), name='body_texts_are_plain', violation_error_message='目に見えない制御文字が含まれています。その文字を消すか、文を打ち直してください。'),
        ),
        migrations.AddConstraint(
            model_name='guideline',
            constraint=models.CheckConstraint(condition=models.Q(('url', ''), ('url__regex', '^https?://[^\\s/?#@\\\\]+([/?#]\\S*)?$'), _connector='OR'), name='guideline_url_is_web_address'),
        ),
        migrations.AddConstraint(
            model_name='guideline',
            constraint=models.CheckConstraint(condition=models.Q(models.Func(models.F('title'), function='is_plain_text', output_field=models.BooleanField()), models.Func(models.F('publisher'), function='is_plain_text', output_field=models.BooleanField()), models.Func(models.F('published_note'), function='is_plain_text', output_field=models.BooleanField()), models.Func(models.F('group'), function='is_plain_text', output_field=models.BooleanField()), models.Func(models.F('heading'), function='is_plain_text', output_field=models.BooleanField())), name='guideline_texts_are_plain', violation_error_message='目に見えない制御文字が含まれています。その文字を消すか、文を打ち直してください。'),
        ),
        migrations.AddConstraint(
            model_name='similarbody',
            constraint=models.UniqueConstraint(fields=('case', 'body'), name='similar_body_is_unique', violation_error_message='同じ団体が2回あります。'),
        ),
        migrations.AddConstraint(
            model_name='similarbody',
            constraint=models.CheckConstraint(condition=models.Q(('url', ''), ('url__regex', '^https?://[^\\s/?#@\\\\]+([/?#]\\S*)?$'), _connector='OR'), name='similar_body_url_is_web_address'),
        ),
        migrations.AddConstraint(
            model_name='similarbody',
            constraint=models.CheckConstraint(condition=models.Q(models.Func(models.F('note'), function='is_plain_text', output_field=models.BooleanField())), name='similar_body_texts_are_plain', violation_error_message='目に見えない制御文字が含まれています。その文字を消すか、文を打ち直してください。'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(condition=models.Q(('status', 'published')), fields=['section', 'source', 'page', 'order', 'id'], name='case_published_in_order'),
        ),
        migrations.AddConstraint(
            model_name='case',
            constraint=models.UniqueConstraint(fields=('source', 'page', 'order'), name='case_place_in_source_is_unique', violation_error_message='同じ出典の同じページ・順番の事例がすでにあります。'),
        ),
        migrations.AddConstraint(
            model_name='case',
            constraint=models.CheckConstraint(condition=models.Q(('slug__regex', '^[a-z0-9]+(-[a-z0-9]+)*$')), name='case_slug_is_plain', violation_error_message='識別名は半角の英小文字・数字・ハイフンで付けてください。'),
        ),
        migrations.AddConstraint(
            model_name='case',
            constraint=models.CheckConstraint(condition=models.Q(('title', ''), _negated=True), name='case_title_is_not_empty'),
        ),
        migrations.AddConstraint(
            model_name='case',
            constraint=models.CheckConstraint(condition=models.Q(('order__gte', 1), ('page__gte', 1)), name='case_page_and_order_start_at_one', violation_error_message='ページと順番は1以上の数を入力してください。'),
        ),
        migrations.AddConstraint(
            model_name='case',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['draft', 'published', 'withdrawn'])), name='case_status_is_known'),
        ),
        migrations.AddConstraint(
            model_name='case',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status', 'withdrawn'), _negated=True), models.Q(('withdrawn_reason', ''), _negated=True), _connector='OR'), name='case_withdrawn_has_reason'),
        ),
        migrations.AddConstraint(
            model_name='case',
            constraint=models.CheckConstraint(condition=models.Q(('withdrawn_pointer', ''), ('withdrawn_pointer__regex', '^https?://[^\\s/?#@\\\\]+([/?#]\\S*)?$'), _connector='OR'), name='case_pointer_is_web_address'),
        ),
        migrations.AddConstraint(
            model_name='case',
            constraint=models.CheckConstraint(condition=models.Q(models.Func(models.F('title'), function='is_plain_text', output_field=models.BooleanField()), models.Func(models.F('points'), function='is_plain_text', output_field=models.BooleanField()), models.Func(models.F('background'), function='is_plain_text', output_field=models.BooleanField()), models.Func(models.F('approach'), function='is_plain_text', output_field=models.BooleanField()), models.Func(models.F('outcome'), function='is_plain_text', output_field=models.BooleanField()), models.Func(models.F('references'), function='is_plain_text', output_field=models.BooleanField()), models.Func(models.F('editor_note'), function='is_plain_text', output_field=models.BooleanField()), models.Func(models.F('heading'), function='is_plain_text', output_field=models.BooleanField()), models.Func(models.F('withdrawn_reason'), function='is_plain_text', output_field=models.BooleanField())), name='case_texts_are_plain', violation_error_message='目に見えない制御文字が含まれています。その文字を消すか、文を打ち直してください。'),
        ),
        migrations.RunSQL(
            sql=(SQL / "0001_version.sql").read_text(encoding="utf-8"),
            reverse_sql=(SQL / "0001_version.down.sql").read_text(encoding="utf-8"),
        ),
        migrations.RunSQL(
            sql=(SQL / "0001_documents.sql").read_text(encoding="utf-8"),
            reverse_sql=(SQL / "0001_documents.down.sql").read_text(encoding="utf-8"),
        ),
        migrations.RunSQL(
            sql=(SQL / "0001_case_version.sql").read_text(encoding="utf-8"),
            reverse_sql=(SQL / "0001_case_version.down.sql").read_text(encoding="utf-8"),
        ),
        migrations.RunSQL(
            sql=(SQL / "0001_published_case.sql").read_text(encoding="utf-8"),
            reverse_sql=(SQL / "0001_published_case.down.sql").read_text(encoding="utf-8"),
        ),
    ]
