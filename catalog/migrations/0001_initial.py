import re
from pathlib import Path

import catalog.models.base
import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.core.serializers.json
import django.core.validators
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.text
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

SQL = Path(__file__).with_name("sql")


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ('reversion', '0002_add_index_on_version_for_content_type_and_db'),
    ]

    operations = [
        migrations.RunSQL(
            sql=(SQL / "0001_body_code.sql").read_text(encoding="utf-8"),
            reverse_sql=(SQL / "0001_body_code.down.sql").read_text(encoding="utf-8"),
        ),
        migrations.RunSQL(
            sql=(SQL / "0001_plain_text.sql").read_text(encoding="utf-8"),
            reverse_sql=(SQL / "0001_plain_text.down.sql").read_text(encoding="utf-8"),
        ),
        migrations.CreateModel(
            name='Section',
            fields=[
                ('id', models.CharField(help_text='出典の識別名から始めます（例：dx2024-1）。条件の値になるため、後から変えられません。', max_length=20, primary_key=True, serialize=False, verbose_name='識別名')),
                ('title', models.CharField(max_length=50, verbose_name='名称')),
                ('position', models.PositiveSmallIntegerField(help_text='出典の中での順番。', verbose_name='並び順')),
            ],
            options={
                'verbose_name': '区分',
                'verbose_name_plural': '区分',
                'ordering': ('source', 'position'),
            },
        ),
        migrations.CreateModel(
            name='LinkCheck',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('url', models.URLField(max_length=500, unique=True, validators=[django.core.validators.URLValidator(schemes=['http', 'https']), catalog.models.base.refuse_credentials], verbose_name='URL')),
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
            name='PopulationSource',
            fields=[
                ('slug', models.SlugField(primary_key=True, serialize=False, verbose_name='識別名')),
                ('title', models.CharField(max_length=100, unique=True, verbose_name='名称')),
                ('publisher', models.CharField(max_length=50, verbose_name='作成者')),
                ('url', models.URLField(blank=True, max_length=500, validators=[django.core.validators.URLValidator(schemes=['http', 'https']), catalog.models.base.refuse_credentials], verbose_name='URL')),
                ('terms', models.TextField(blank=True, verbose_name='利用条件')),
                ('position', models.PositiveSmallIntegerField(default=100, help_text='同じ日の人口が2つあるとき、小さい数の出典のものを表示します。', verbose_name='優先順')),
            ],
            options={
                'verbose_name': '人口の出典',
                'verbose_name_plural': '人口の出典',
                'ordering': ('position', 'slug'),
                'constraints': [models.CheckConstraint(condition=models.Q(('url', ''), ('url__regex', '^https?://[^\\s/?#@\\\\]+([/?#]\\S*)?$'), _connector='OR'), name='population_source_url_is_web_address'), models.CheckConstraint(condition=models.Q(models.Func(models.F('title'), function='is_plain_text', output_field=models.BooleanField()), models.Func(models.F('publisher'), function='is_plain_text', output_field=models.BooleanField()), models.Func(models.F('terms'), function='is_plain_text', output_field=models.BooleanField())), name='population_source_texts_are_plain', violation_error_message='目に見えない制御文字が含まれています。その文字を消すか、文を打ち直してください。')],
            },
        ),
        migrations.CreateModel(
            name='PopulationImport',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('as_of', models.DateField(verbose_name='人口の基準日')),
                ('file_name', models.CharField(max_length=255, verbose_name='ファイル')),
                ('made_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='取り込んだ日時')),
                ('changes', models.JSONField(default=dict, verbose_name='変えた人口')),
                ('taken_back_at', models.DateTimeField(null=True, verbose_name='取り消した日時')),
                ('made_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='取り込んだ人')),
                ('source', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalog.populationsource', verbose_name='人口の出典')),
            ],
            options={
                'verbose_name': '人口の取り込み',
                'verbose_name_plural': '人口の取り込み',
                'ordering': ('-made_at', '-pk'),
            },
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
                ('code', models.CharField(help_text='検査数字を含む6桁。事例が指すため、後から変えられません。', max_length=6, primary_key=True, serialize=False, verbose_name='全国地方公共団体コード')),
                ('name', models.CharField(max_length=20, verbose_name='名称')),
                ('kana', models.CharField(max_length=40, verbose_name='よみ')),
                ('kind', models.CharField(choices=[('prefecture', '都道府県'), ('designated_city', '政令指定都市'), ('city', '市'), ('special_ward', '特別区'), ('town', '町'), ('village', '村')], max_length=20, verbose_name='種別')),
                ('latitude', models.FloatField(blank=True, help_text='庁舎の緯度を、度の小数で（例：35.6895。度分秒ではありません）。国土地理院の「地理院地図」で庁舎の位置を表示すると分かります。分からないときは経度と一緒に空にします（距離を示しません）。', null=True, verbose_name='緯度')),
                ('longitude', models.FloatField(blank=True, help_text='庁舎の経度を、度の小数で（例：139.6917）。', null=True, verbose_name='経度')),
                ('population', models.PositiveIntegerField(editable=False, null=True, serialize=False, verbose_name='人口')),
                ('population_as_of', models.DateField(editable=False, null=True, serialize=False, verbose_name='人口の基準日')),
                ('population_band', models.GeneratedField(db_persist=True, expression=models.Case(models.When(models.Q(('population__gte', 0), ('population__lt', 10000)), then=models.Value('0-1')), models.When(models.Q(('population__gte', 10000), ('population__lt', 30000)), then=models.Value('1-3')), models.When(models.Q(('population__gte', 30000), ('population__lt', 50000)), then=models.Value('3-5')), models.When(models.Q(('population__gte', 50000), ('population__lt', 100000)), then=models.Value('5-10')), models.When(models.Q(('population__gte', 100000), ('population__lt', 200000)), then=models.Value('10-20')), models.When(models.Q(('population__gte', 200000), ('population__lt', 500000)), then=models.Value('20-50')), models.When(models.Q(('population__gte', 500000), ('population__lt', 1000000)), then=models.Value('50-100')), models.When(models.Q(('population__gte', 1000000)), then=models.Value('100-')), models.When(models.Q(('population__isnull', True)), then=models.Value('unknown')), output_field=models.CharField()), output_field=models.CharField(max_length=10), serialize=False, verbose_name='人口帯')),
                ('website', models.URLField(blank=True, max_length=500, validators=[django.core.validators.URLValidator(schemes=['http', 'https']), catalog.models.base.refuse_credentials], verbose_name='公式サイト')),
                ('website_checked_on', models.DateField(blank=True, null=True, verbose_name='公式サイトの確認日')),
                ('telephone', models.CharField(blank=True, help_text='例：03-1234-5678', max_length=20, validators=[django.core.validators.RegexValidator(re.compile('^0[0-9]{1,4}-[0-9]{1,4}-[0-9]{3,4}$'), '電話番号は「03-1234-5678」のように、半角の数字とハイフンで入力してください。')], verbose_name='代表電話')),
                ('telephone_checked_on', models.DateField(blank=True, null=True, verbose_name='代表電話の確認日')),
                ('address', models.CharField(blank=True, help_text='郵便番号から書いてください。', max_length=200, verbose_name='所在地')),
                ('address_checked_on', models.DateField(blank=True, null=True, verbose_name='所在地の確認日')),
                ('abolished_on', models.DateField(blank=True, help_text='合併などで無くなった日。今もある団体では空にします。廃止しても、事例は残ります。', null=True, verbose_name='廃止日')),
                ('successor', models.ForeignKey(blank=True, help_text='廃止された団体の区域を引き継いだ団体。事例のページに「現在の○○市」と示します。', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='predecessors', to='catalog.body', verbose_name='後継の団体')),
                ('population_source', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', serialize=False, to='catalog.populationsource', verbose_name='人口の出典')),
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
                ('is_near', models.BooleanField(choices=[(False, '同じ意味'), (True, '似た意味')], default=False, help_text='同じ意味とまではいえない言葉のとき。検索結果を変えず、結果が少ないときに下に出す「言葉の近い事例」だけに使います。', verbose_name='似た意味の言葉')),
            ],
            options={
                'verbose_name': '同義語',
                'verbose_name_plural': '同義語',
                'ordering': ('words',),
                'constraints': [models.CheckConstraint(condition=models.Q(('words__len__gte', 2)), name='search_synonym_has_two_words', violation_error_message='2語以上を入力してください。'), models.CheckConstraint(condition=models.Q(models.Func(models.F('words'), function='is_plain_text', output_field=models.BooleanField())), name='search_synonym_texts_are_plain', violation_error_message='目に見えない制御文字が含まれています。その文字を消すか、文を打ち直してください。')],
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
                ('url', models.URLField(blank=True, max_length=500, validators=[django.core.validators.URLValidator(schemes=['http', 'https']), catalog.models.base.refuse_credentials], verbose_name='URL')),
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
                ('points', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), blank=True, default=list, help_text='1行に1項目、2〜4項目が目安です。一覧に出ます。「何を、どうした」を30字くらいで書きます。', size=None, verbose_name='ポイント')),
                ('background', models.TextField(blank=True, help_text='課題、きっかけ、目的。取組の前に何に困っていたかが分かるように書きます。', verbose_name='背景')),
                ('approach', models.TextField(blank=True, help_text='何を、誰が、どのように、いつ行ったか。同じことを始めたい人がまねできるように書きます。空行で段落を分け、行頭の「・」で箇条書きにします。', verbose_name='取組内容')),
                ('outcome', models.TextField(blank=True, help_text='得られた結果、効果、数値、反応。出典にないことは書きません。', verbose_name='成果')),
                ('references', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), blank=True, default=list, help_text='URLのない資料の名前。1行に1件。URLがあるものは下の「関連リンク」に入力します。', size=None, verbose_name='関連資料')),
                ('similar_open_ended', models.BooleanField(default=False, help_text='出典に「他」「等」とあるときに選んでください。', verbose_name='類似団体はほかにもある')),
                ('editor_note', models.TextField(blank=True, help_text='出典の矛盾や誤記など、読者に伝えること。', verbose_name='編集注')),
                ('page', models.PositiveSmallIntegerField(blank=True, help_text='事例が始まるページの番号。ウェブページと、ページのない資料では空にします。', null=True, verbose_name='出典のページ')),
                ('order', models.PositiveSmallIntegerField(default=1, help_text='そのページで何番目の事例か。ページがなければ、出典で何番目か。', verbose_name='ページ内の順番')),
                ('heading', models.CharField(blank=True, help_text='出典の表記のまま写します。', max_length=200, verbose_name='出典の見出し')),
                ('year', models.PositiveSmallIntegerField(blank=True, help_text='取組を始めた年度を西暦で（例：令和2年度は2020）。出典にはっきり書かれているときだけ入力します。', null=True, verbose_name='取組の年度')),
                ('status', models.CharField(choices=[('draft', '下書き'), ('published', '公開'), ('withdrawn', '取り下げ')], default='draft', max_length=10, verbose_name='状態')),
                ('withdrawn_reason', models.TextField(blank=True, help_text='読者に見せます（例：団体の申し出により掲載を終えました）。取り下げるときは必ず書きます。', verbose_name='取り下げの理由')),
                ('withdrawn_pointer', models.URLField(blank=True, help_text='後継の事例や団体のページなど。なければ空のままにします。', max_length=500, validators=[django.core.validators.URLValidator(schemes=['http', 'https']), catalog.models.base.refuse_credentials], verbose_name='代わりに見るページのURL')),
                ('first_published_at', models.DateTimeField(editable=False, null=True, serialize=False, verbose_name='最初の公開')),
                ('version', models.PositiveIntegerField(default=1, editable=False, serialize=False, verbose_name='版')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='作成日時')),
                ('updated_at', models.DateTimeField(auto_now=True, verbose_name='更新日時')),
                ('section', models.ForeignKey(blank=True, help_text='出典の章に合わせます。その出典の区分から選びます。手順書のステップは区分から決まります。', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='cases', to='catalog.section', verbose_name='区分')),
            ],
            options={
                'verbose_name': '事例',
                'verbose_name_plural': '事例',
                'ordering': ('source_id', 'section__position', models.OrderBy(models.F('page'), nulls_first=True), 'order', 'pk'),
                'permissions': (('publish_case', '事例を公開し、公開した事例を変えられる'),),
            },
        ),
        migrations.CreateModel(
            name='SimilarBody',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveSmallIntegerField(default=1, verbose_name='順番')),
                ('note', models.CharField(blank=True, help_text='出典のかっこ書き', max_length=200, verbose_name='注記')),
                ('url', models.URLField(blank=True, max_length=500, validators=[django.core.validators.URLValidator(schemes=['http', 'https']), catalog.models.base.refuse_credentials], verbose_name='URL')),
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
                ('slug', models.SlugField(help_text='半角の英小文字と数字で付けます（例：dx2024）。この出典の事例のURLの初めの部分になります。', unique=True, verbose_name='識別名')),
                ('kind', models.CharField(choices=[('casebook', '事例集'), ('report', '団体などの資料'), ('web_page', 'ウェブページ')], default='casebook', help_text='事例集ではページが必ず要り、団体などの資料では空でもよく、ウェブページにはありません。', max_length=10, verbose_name='種類')),
                ('title', models.CharField(max_length=200, verbose_name='題名')),
                ('edition', models.CharField(blank=True, max_length=50, verbose_name='版')),
                ('publisher', models.CharField(max_length=100, verbose_name='発行者')),
                ('published_on', models.DateField(blank=True, help_text='日が分からないときは、その月の1日。分からないウェブページでは空にします。', null=True, verbose_name='発行日')),
                ('url', models.URLField(blank=True, max_length=500, validators=[django.core.validators.URLValidator(schemes=['http', 'https']), catalog.models.base.refuse_credentials], verbose_name='URL')),
                ('read_on', models.DateField(blank=True, help_text='ウェブページでは、内容を確かめた日を必ず入力します。', null=True, verbose_name='閲覧日')),
                ('terms', models.TextField(verbose_name='利用条件')),
                ('notes', models.TextField(blank=True, help_text='どのように作られた資料か、いつの時点の内容か。「このサイトについて」に出ます。1行に1項目。', verbose_name='読者への注意')),
            ],
            options={
                'verbose_name': '出典',
                'verbose_name_plural': '出典',
                'ordering': ('published_on', 'slug'),
                'constraints': [models.UniqueConstraint(fields=('title', 'edition'), name='source_title_is_unique', violation_error_message='同じ題名と版の出典がすでにあります。別のものなら、版で区別してください。'), models.CheckConstraint(condition=models.Q(('kind__in', ['casebook', 'report', 'web_page'])), name='source_kind_is_known'), models.CheckConstraint(condition=models.Q(models.Q(('kind', 'web_page'), _negated=True), models.Q(models.Q(('url', ''), _negated=True), ('read_on__isnull', False)), _connector='OR'), name='source_web_page_has_address_and_day_read', violation_error_message='ウェブページでは、URLと閲覧日を入力してください。'), models.CheckConstraint(condition=models.Q(('kind', 'web_page'), ('published_on__isnull', False), _connector='OR'), name='source_document_has_day_of_publication', violation_error_message='事例集や資料では、発行日を入力してください。'), models.CheckConstraint(condition=models.Q(('url', ''), ('url__regex', '^https?://[^\\s/?#@\\\\]+([/?#]\\S*)?$'), _connector='OR'), name='source_url_is_web_address'), models.CheckConstraint(condition=models.Q(models.Func(models.F('title'), function='is_plain_text', output_field=models.BooleanField()), models.Func(models.F('edition'), function='is_plain_text', output_field=models.BooleanField()), models.Func(models.F('publisher'), function='is_plain_text', output_field=models.BooleanField()), models.Func(models.F('terms'), function='is_plain_text', output_field=models.BooleanField()), models.Func(models.F('notes'), function='is_plain_text', output_field=models.BooleanField())), name='source_texts_are_plain', violation_error_message='目に見えない制御文字が含まれています。その文字を消すか、文を打ち直してください。')],
            },
        ),
        migrations.AddField(
            model_name='case',
            name='source',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='cases', to='catalog.source', verbose_name='出典'),
        ),
        migrations.CreateModel(
            name='Step',
            fields=[
                ('number', models.PositiveSmallIntegerField(primary_key=True, serialize=False, verbose_name='番号')),
                ('title', models.CharField(max_length=50, verbose_name='名称')),
                ('about', models.TextField(help_text='ステップのページの初めに出ます。', verbose_name='説明')),
            ],
            options={
                'verbose_name': 'ステップ',
                'verbose_name_plural': 'ステップ',
                'ordering': ('number',),
                'constraints': [models.CheckConstraint(condition=models.Q(('number__range', (0, 3))), name='step_is_known'), models.CheckConstraint(condition=models.Q(models.Func(models.F('title'), function='is_plain_text', output_field=models.BooleanField()), models.Func(models.F('about'), function='is_plain_text', output_field=models.BooleanField())), name='step_texts_are_plain', violation_error_message='目に見えない制御文字が含まれています。その文字を消すか、文を打ち直してください。')],
            },
        ),
        migrations.AddField(
            model_name='section',
            name='step',
            field=models.ForeignKey(help_text='この区分の事例が、手順書のどのステップの取組か。出典にステップがないときも選びます。', on_delete=django.db.models.deletion.PROTECT, related_name='sections', to='catalog.step', verbose_name='ステップ'),
        ),
        migrations.AddField(
            model_name='section',
            name='source',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='sections', to='catalog.source', verbose_name='出典'),
        ),
        migrations.CreateModel(
            name='Topic',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('slug', models.SlugField(unique=True, verbose_name='識別名')),
                ('title', models.CharField(max_length=50, unique=True, verbose_name='名称')),
                ('position', models.PositiveSmallIntegerField(verbose_name='並び順')),
                ('merged_into', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='merged', to='catalog.topic', verbose_name='統合先')),
            ],
            options={
                'verbose_name': 'テーマ',
                'verbose_name_plural': 'テーマ',
                'ordering': ('position', 'slug'),
                'constraints': [models.CheckConstraint(condition=models.Q(models.Func(models.F('title'), function='is_plain_text', output_field=models.BooleanField())), name='topic_texts_are_plain', violation_error_message='目に見えない制御文字が含まれています。その文字を消すか、文を打ち直してください。'), models.CheckConstraint(condition=models.Q(('merged_into', models.F('pk')), _negated=True), name='topic_is_not_merged_into_itself')],
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
                ('typed', models.CharField(max_length=100, verbose_name='入力')),
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
                ('section', models.CharField(max_length=20)),
                ('source', models.BigIntegerField()),
                ('page', models.PositiveSmallIntegerField(null=True)),
                ('order', models.PositiveSmallIntegerField()),
                ('year', models.PositiveSmallIntegerField(null=True)),
                ('updated_at', models.DateTimeField()),
                ('topics', django.contrib.postgres.fields.ArrayField(base_field=models.SlugField(), size=None)),
                ('bodies', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=6), size=None)),
                ('mentions', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=6), size=None)),
                ('stated', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=10), size=None)),
                ('title', models.TextField()),
                ('head', models.TextField()),
                ('folded', models.TextField()),
                ('words', django.contrib.postgres.search.SearchVectorField()),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='CaseGrams',
            fields=[
                ('document', models.OneToOneField(db_column='case_id', db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, primary_key=True, related_name='grams', serialize=False, to='catalog.casedocument')),
                ('grams', django.contrib.postgres.search.SearchVectorField()),
            ],
            options={
                'default_permissions': (),
                'indexes': [django.contrib.postgres.indexes.GinIndex(models.F('grams'), name='case_grams')],
            },
        ),
        migrations.CreateModel(
            name='CaseBody',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveSmallIntegerField(default=1, verbose_name='順番')),
                ('note', models.TextField(blank=True, help_text='団体ごとに内容が異なるときに書いてください。', verbose_name='注記')),
                ('contact_section', models.CharField(blank=True, max_length=100, verbose_name='照会先の部署')),
                ('contact_telephone', models.CharField(blank=True, max_length=20, validators=[django.core.validators.RegexValidator(re.compile('^0[0-9]{1,4}-[0-9]{1,4}-[0-9]{3,4}$'), '電話番号は「03-1234-5678」のように、半角の数字とハイフンで入力してください。')], verbose_name='照会先の電話')),
                ('contact_email', models.EmailField(blank=True, max_length=254, verbose_name='照会先のメール')),
                ('contact_checked_on', models.DateField(blank=True, null=True, verbose_name='照会先の確認日')),
                ('body', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='case_bodies', to='catalog.body', verbose_name='団体')),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='case_bodies', to='catalog.case', verbose_name='事例')),
            ],
            options={
                'verbose_name': '実施団体',
                'verbose_name_plural': '実施団体',
                'ordering': ('position', 'pk'),
                'abstract': False,
                'constraints': [models.CheckConstraint(condition=models.Q(models.Func(models.F('note'), function='is_plain_text', output_field=models.BooleanField()), models.Func(models.F('contact_section'), function='is_plain_text', output_field=models.BooleanField()), models.Func(models.F('contact_telephone'), function='is_plain_text', output_field=models.BooleanField()), models.Func(models.F('contact_email'), function='is_plain_text', output_field=models.BooleanField())), name='case_body_texts_are_plain', violation_error_message='目に見えない制御文字が含まれています。その文字を消すか、文を打ち直してください。'), models.CheckConstraint(condition=models.Q(models.Q(('contact_checked_on', None), ('contact_email', ''), ('contact_section', ''), ('contact_telephone', '')), models.Q(models.Q(('contact_email', ''), ('contact_section', ''), ('contact_telephone', ''), _negated=True), ('contact_checked_on__isnull', False)), _connector='OR'), name='case_body_contact_is_dated', violation_error_message='照会先と確認日は、両方入力するか両方空にしてください。'), models.CheckConstraint(condition=models.Q(('contact_telephone', ''), ('contact_telephone__regex', '^0[0-9]{1,4}-[0-9]{1,4}-[0-9]{3,4}$'), _connector='OR'), name='case_body_contact_telephone_is_a_number'), models.UniqueConstraint(fields=('case', 'body'), name='case_body_is_unique', violation_error_message='同じ団体が2回あります。')],
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
                ('url', models.URLField(max_length=500, validators=[django.core.validators.URLValidator(schemes=['http', 'https']), catalog.models.base.refuse_credentials], verbose_name='URL')),
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
        migrations.CreateModel(
            name='Population',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('persons', models.PositiveIntegerField(help_text='人', verbose_name='人口')),
                ('as_of', models.DateField(verbose_name='基準日')),
                ('body', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='populations', to='catalog.body', verbose_name='団体')),
                ('source', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='populations', to='catalog.populationsource', verbose_name='出典')),
            ],
            options={
                'verbose_name': '人口',
                'verbose_name_plural': '人口',
                'ordering': ('-as_of', 'source'),
                'constraints': [models.UniqueConstraint(fields=('body', 'as_of', 'source'), name='population_is_unique', violation_error_message='同じ日の同じ出典の人口が2回あります。'), models.CheckConstraint(condition=models.Q(('persons__gt', 0)), name='population_is_positive', violation_error_message='人口は1以上の人数を入力してください。')],
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
            constraint=models.CheckConstraint(condition=models.Q(('latitude__range', (-90, 90)), ('longitude__range', (-180, 180))), name='body_coordinates_are_on_earth', violation_error_message='緯度は-90〜90、経度は-180〜180の範囲で入力してください。'),
        ),
        migrations.AddConstraint(
            model_name='body',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('latitude', None), ('longitude', None)), models.Q(('latitude__isnull', False), ('longitude__isnull', False)), _connector='OR'), name='body_coordinates_are_both_known', violation_error_message='緯度と経度は、両方入力するか両方空にしてください。'),
        ),
        migrations.AddConstraint(
            model_name='body',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('website', ''), ('website_checked_on__isnull', True)), models.Q(models.Q(('website', ''), _negated=True), ('website_checked_on__isnull', False)), _connector='OR'), name='body_website_is_dated', violation_error_message='公式サイトと確認日は、両方入力するか両方空にしてください。'),
        ),
        migrations.AddConstraint(
            model_name='body',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('telephone', ''), ('telephone_checked_on__isnull', True)), models.Q(models.Q(('telephone', ''), _negated=True), ('telephone_checked_on__isnull', False)), _connector='OR'), name='body_telephone_is_dated', violation_error_message='代表電話と確認日は、両方入力するか両方空にしてください。'),
        ),
        migrations.AddConstraint(
            model_name='body',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('address', ''), ('address_checked_on__isnull', True)), models.Q(models.Q(('address', ''), _negated=True), ('address_checked_on__isnull', False)), _connector='OR'), name='body_address_is_dated', violation_error_message='所在地と確認日は、両方入力するか両方空にしてください。'),
        ),
        migrations.AddConstraint(
            model_name='body',
            constraint=models.CheckConstraint(condition=models.Q(('website', ''), ('website__regex', '^https?://[^\\s/?#@\\\\]+([/?#]\\S*)?$'), _connector='OR'), name='body_website_is_web_address'),
        ),
        migrations.AddConstraint(
            model_name='body',
            constraint=models.CheckConstraint(condition=models.Q(('telephone', ''), ('telephone__regex', '^0[0-9]{1,4}-[0-9]{1,4}-[0-9]{3,4}$'), _connector='OR'), name='body_telephone_is_a_number'),
        ),
        migrations.AddConstraint(
            model_name='body',
            constraint=models.CheckConstraint(condition=models.Q(('successor', None), ('abolished_on__isnull', False), _connector='OR'), name='body_successor_follows_an_end', violation_error_message='後継の団体を入力するときは、廃止日も入力してください。'),
        ),
        migrations.AddConstraint(
            model_name='body',
            constraint=models.CheckConstraint(condition=models.Q(('successor', models.F('code')), _negated=True), name='body_successor_is_another', violation_error_message='後継の団体に、その団体自身は選べません。'),
        ),
        migrations.AddConstraint(
            model_name='body',
            constraint=models.CheckConstraint(condition=models.Q(models.Func(models.F('name'), function='is_plain_text', output_field=models.BooleanField()), models.Func(models.F('kana'), function='is_plain_text', output_field=models.BooleanField()), models.Func(models.F('telephone'), function='is_plain_text', output_field=models.BooleanField()), models.Func(models.F('address'), function='is_plain_text', output_field=models.BooleanField())), name='body_texts_are_plain', violation_error_message='目に見えない制御文字が含まれています。その文字を消すか、文を打ち直してください。'),
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
        migrations.AddConstraint(
            model_name='section',
            constraint=models.UniqueConstraint(fields=('source', 'position'), name='section_position_is_unique', violation_error_message='同じ出典に、同じ並び順の区分がすでにあります。'),
        ),
        migrations.AddConstraint(
            model_name='section',
            constraint=models.UniqueConstraint(fields=('id', 'source'), name='section_is_of_one_source'),
        ),
        migrations.AddConstraint(
            model_name='section',
            constraint=models.CheckConstraint(condition=models.Q(('id__regex', '^[a-z0-9]+(-[a-z0-9]+)*$')), name='section_id_is_plain', violation_error_message='識別名は半角の英小文字・数字・ハイフンで付けてください。'),
        ),
        migrations.AddConstraint(
            model_name='section',
            constraint=models.CheckConstraint(condition=models.Q(models.Func(models.F('title'), function='is_plain_text', output_field=models.BooleanField())), name='section_texts_are_plain', violation_error_message='目に見えない制御文字が含まれています。その文字を消すか、文を打ち直してください。'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(condition=models.Q(('first_published_at__isnull', False)), fields=['updated_at'], name='case_public_by_last_change'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(condition=models.Q(('first_published_at__isnull', False), models.Q(('status', 'published'), _negated=True)), fields=['status'], name='case_formerly_public'),
        ),
        migrations.AddConstraint(
            model_name='case',
            constraint=models.UniqueConstraint(deferrable=models.Deferrable['IMMEDIATE'], fields=('source', 'page', 'order'), name='case_place_in_source_is_unique', violation_error_message='同じ出典の同じページ・順番の事例がすでにあります。'),
        ),
        migrations.AddConstraint(
            model_name='case',
            constraint=catalog.models.base.DeferrableUnique(condition=models.Q(('page', None), models.Q(('status', 'draft'), _negated=True)), deferrable=models.Deferrable['IMMEDIATE'], fields=['source', 'order'], name='case_order_in_source_is_unique', violation_error_message='同じ出典の同じページ・順番の事例がすでにあります。'),
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
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status', 'published'), _negated=True), models.Q(models.Q(('points', []), _negated=True), models.Q(('approach', ''), _negated=True), ('section__isnull', False), ('source__isnull', False)), _connector='OR'), name='case_published_is_complete'),
        ),
        migrations.AddConstraint(
            model_name='case',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('page', None), ('page__gte', 1), _connector='OR'), ('order__gte', 1)), name='case_page_and_order_start_at_one', violation_error_message='ページと順番は1以上の数を入力してください。'),
        ),
        migrations.AddConstraint(
            model_name='case',
            constraint=models.CheckConstraint(condition=models.Q(('year', None), ('year__range', (1990, 2099)), _connector='OR'), name='case_year_is_of_our_time', violation_error_message='年度は1990〜2099の西暦で入力してください。'),
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
        migrations.CreateModel(
            name='SiteText',
            fields=[
                ('slug', models.SlugField(choices=[('home-lead', 'ホームの書き出し'), ('home-notice', 'ホームのお知らせ'), ('about-lead', '「このサイトについて」の書き出し'), ('about-notes', '「このサイトについて」のデータの注意点'), ('footer', 'すべてのページの一番下'), ('data-notices', 'データとAPIのお知らせ')], primary_key=True, serialize=False, verbose_name='場所')),
                ('text', models.TextField(blank=True, help_text='空行で段落を分け、行頭の「・」で箇条書きにします。リンクは［表示名］（https://…）の形で書きます。{出典}{発行者}{件数}は、公開中の事例のものに置き換わります。空にすると、何も出しません。', verbose_name='文章')),
            ],
            options={
                'verbose_name': 'サイトの文章',
                'verbose_name_plural': 'サイトの文章',
                'ordering': ('slug',),
                'constraints': [models.CheckConstraint(condition=models.Q(('slug__in', ['home-lead', 'home-notice', 'about-lead', 'about-notes', 'footer', 'data-notices'])), name='site_text_place_is_known'), models.CheckConstraint(condition=models.Q(models.Func(models.F('text'), function='is_plain_text', output_field=models.BooleanField())), name='site_text_texts_are_plain', violation_error_message='目に見えない制御文字が含まれています。その文字を消すか、文を打ち直してください。')],
            },
        ),
        migrations.CreateModel(
            name='Autosave',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('page', models.CharField(max_length=200)),
                ('data', models.TextField()),
                ('saved_at', models.DateTimeField(auto_now=True)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'default_permissions': (),
                'constraints': [models.UniqueConstraint(fields=('user', 'page'), name='autosave_is_one_a_page')],
            },
        ),
        migrations.CreateModel(
            name='ImportRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('page', models.CharField(max_length=100)),
                ('file_name', models.CharField(max_length=255)),
                ('sha256', models.CharField(max_length=64)),
                ('options', models.JSONField(default=dict)),
                ('state', models.CharField(choices=[('waiting', '順番を待っています'), ('running', '進行中'), ('asked', '入力を待っています'), ('checked', '確認を待っています'), ('done', '取り込みました'), ('failed', '取り込めませんでした')], default='waiting', max_length=10)),
                ('rows_done', models.PositiveIntegerField(default=0)),
                ('rows_all', models.PositiveIntegerField(default=0)),
                ('summary', models.TextField(blank=True)),
                ('digest', models.CharField(blank=True, max_length=64)),
                ('needs_reason', models.BooleanField(default=False)),
                ('agreed', models.CharField(blank=True, max_length=64)),
                ('reason', models.TextField(blank=True)),
                ('told', models.TextField(blank=True)),
                ('told_beside', models.CharField(blank=True, max_length=20)),
                ('doubt', models.CharField(blank=True, max_length=20)),
                ('made_at', models.DateTimeField(auto_now_add=True)),
                ('changed_at', models.DateTimeField(auto_now=True)),
                ('made_by', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ('-made_at', '-pk'),
                'default_permissions': (),
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['waiting', 'running', 'asked', 'checked', 'done', 'failed'])), name='import_run_state_is_known')],
            },
        ),
        migrations.CreateModel(
            name='Proposal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('content', models.JSONField(encoder=django.core.serializers.json.DjangoJSONEncoder, verbose_name='改訂案の内容')),
                ('base', models.JSONField(encoder=django.core.serializers.json.DjangoJSONEncoder, verbose_name='もとの内容')),
                ('base_version', models.PositiveIntegerField(verbose_name='もとの版')),
                ('reason', models.TextField(verbose_name='変更の理由')),
                ('state', models.CharField(choices=[('writing', '作成中'), ('asked', '確認依頼'), ('returned', '差戻し'), ('published', '公開'), ('dropped', '取りやめ')], default='writing', max_length=10, verbose_name='状態')),
                ('edition', models.PositiveIntegerField(default=1, verbose_name='回')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='作成日時')),
                ('updated_at', models.DateTimeField(auto_now=True, verbose_name='更新日時')),
                ('closed_at', models.DateTimeField(null=True, verbose_name='終了日時')),
                ('author', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='作成者')),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='proposals', to='catalog.case', verbose_name='事例')),
                ('reviewer', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='確認者')),
            ],
            options={
                'verbose_name': '改訂案',
                'verbose_name_plural': '改訂案',
                'ordering': ('-updated_at', '-pk'),
                'default_permissions': ('view',),
            },
        ),
        migrations.CreateModel(
            name='ProposalEdition',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('written_at', models.DateTimeField(auto_now_add=True)),
                ('author', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('proposal', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='editions', to='catalog.proposal')),
            ],
            options={
                'ordering': ('number',),
                'default_permissions': (),
                'constraints': [models.UniqueConstraint(fields=('proposal', 'number'), name='proposal_edition_is_counted_once')],
            },
        ),
        migrations.CreateModel(
            name='ProposalNote',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(choices=[('writing', '作成中'), ('asked', '確認依頼'), ('returned', '差戻し'), ('published', '公開'), ('dropped', '取りやめ')], max_length=10)),
                ('text', models.TextField(blank=True)),
                ('written_at', models.DateTimeField(auto_now_add=True)),
                ('author', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('proposal', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='notes', to='catalog.proposal')),
            ],
            options={
                'ordering': ('pk',),
                'default_permissions': (),
            },
        ),
        migrations.AddConstraint(
            model_name='proposal',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['writing', 'asked', 'returned', 'published', 'dropped'])), name='proposal_state_is_known'),
        ),
        migrations.AddConstraint(
            model_name='proposal',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('closed_at__isnull', False), ('state__in', ['published', 'dropped'])), models.Q(('closed_at', None), ('state__in', ['writing', 'asked', 'returned'])), _connector='OR'), name='proposal_ends_published_or_dropped'),
        ),
        migrations.AddConstraint(
            model_name='proposal',
            constraint=models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='proposal_has_reason'),
        ),
        migrations.CreateModel(
            name='Confirmation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('section', models.CharField(blank=True, max_length=100, verbose_name='所属・部署')),
                ('email', models.EmailField(blank=True, max_length=254, verbose_name='メール')),
                ('telephone', models.CharField(blank=True, max_length=30, verbose_name='電話')),
                ('shown', models.JSONField(encoder=django.core.serializers.json.DjangoJSONEncoder, null=True, verbose_name='見せる内容')),
                ('content', models.CharField(blank=True, max_length=64, verbose_name='内容の要約値')),
                ('made_at', models.DateTimeField(auto_now_add=True, verbose_name='作成日時')),
                ('expires_at', models.DateTimeField(verbose_name='期限')),
                ('revoked_at', models.DateTimeField(null=True, verbose_name='取消日時')),
                ('answered_at', models.DateTimeField(null=True, verbose_name='回答日時')),
                ('answers', models.PositiveSmallIntegerField(default=0, verbose_name='回答の回数')),
                ('verdict', models.CharField(blank=True, choices=[('right', 'この内容でよい'), ('wrong', '直してほしい')], max_length=10, verbose_name='回答')),
                ('text', models.TextField(blank=True, verbose_name='直してほしいところ')),
                ('settled_at', models.DateTimeField(null=True, verbose_name='対応した日時')),
                ('body', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='confirmations', to='catalog.body', verbose_name='団体')),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='confirmations', to='catalog.case', verbose_name='事例')),
                ('made_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='作成者')),
                ('proposal', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='confirmations', to='catalog.proposal', verbose_name='改訂案')),
            ],
            options={
                'verbose_name': '団体の確認',
                'verbose_name_plural': '団体の確認',
                'ordering': ('-pk',),
                'default_permissions': (),
                'constraints': [models.CheckConstraint(condition=models.Q(('verdict__in', ['', 'right', 'wrong'])), name='confirmation_verdict_is_known'), models.CheckConstraint(condition=models.Q(models.Q(('answered_at', None), ('text', ''), ('verdict', '')), models.Q(('answered_at__isnull', False), models.Q(('verdict', ''), _negated=True), models.Q(('content', ''), _negated=True)), _connector='OR'), name='confirmation_answer_has_verdict_and_content'), models.CheckConstraint(condition=models.Q(models.Q(('verdict', 'wrong'), _negated=True), models.Q(('text', ''), _negated=True), _connector='OR'), name='confirmation_that_is_wrong_says_what'), models.CheckConstraint(condition=models.Q(models.Func(models.F('text'), function='is_plain_text', output_field=models.BooleanField()), models.Func(models.F('section'), function='is_plain_text', output_field=models.BooleanField()), models.Func(models.F('email'), function='is_plain_text', output_field=models.BooleanField()), models.Func(models.F('telephone'), function='is_plain_text', output_field=models.BooleanField())), name='confirmation_texts_are_plain', violation_error_message='目に見えない制御文字が含まれています。その文字を消すか、文を打ち直してください。')],
            },
        ),
        migrations.CreateModel(
            name='Report',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('section', models.CharField(blank=True, max_length=100, verbose_name='所属・部署')),
                ('email', models.EmailField(blank=True, max_length=254, verbose_name='メール')),
                ('telephone', models.CharField(blank=True, max_length=30, verbose_name='電話')),
                ('kind', models.CharField(choices=[('new', '新しい事例'), ('error', '誤り')], max_length=10, verbose_name='種類')),
                ('title', models.CharField(max_length=200, verbose_name='事例の題名')),
                ('body', models.CharField(blank=True, max_length=100, verbose_name='団体名')),
                ('text', models.TextField(verbose_name='内容')),
                ('url', models.URLField(blank=True, max_length=500, validators=[django.core.validators.URLValidator(schemes=['http', 'https']), catalog.models.base.refuse_credentials], verbose_name='根拠になるページのURL')),
                ('received_at', models.DateTimeField(auto_now_add=True, verbose_name='受付日時')),
                ('state', models.CharField(choices=[('new', '未対応'), ('working', '対応中'), ('done', '対応済み')], default='new', max_length=10, verbose_name='状態')),
                ('note', models.TextField(blank=True, verbose_name='内部メモ')),
                ('digest', models.CharField(editable=False, max_length=64, unique=True)),
                ('origin', models.CharField(blank=True, editable=False, max_length=64)),
                ('case', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='reports', to='catalog.case', verbose_name='事例')),
            ],
            options={
                'verbose_name': '寄せられた情報',
                'verbose_name_plural': '寄せられた情報',
                'ordering': ('-pk',),
                'permissions': (('view_sender', '情報を寄せた人の部署と連絡先を見られる'),),
                'default_permissions': ('view', 'change'),
                'indexes': [models.Index(fields=['received_at'], name='report_by_time')],
                'constraints': [models.CheckConstraint(condition=models.Q(('kind__in', ['new', 'error'])), name='report_kind_is_known'), models.CheckConstraint(condition=models.Q(('state__in', ['new', 'working', 'done'])), name='report_state_is_known'), models.CheckConstraint(condition=models.Q(models.Q(('title', ''), _negated=True), models.Q(('text', ''), _negated=True)), name='report_says_something'), models.CheckConstraint(condition=models.Q(('url', ''), ('url__regex', '^https?://[^\\s/?#@\\\\]+([/?#]\\S*)?$'), _connector='OR'), name='report_url_is_web_address'), models.CheckConstraint(condition=models.Q(models.Func(models.F('title'), function='is_plain_text', output_field=models.BooleanField()), models.Func(models.F('body'), function='is_plain_text', output_field=models.BooleanField()), models.Func(models.F('text'), function='is_plain_text', output_field=models.BooleanField()), models.Func(models.F('note'), function='is_plain_text', output_field=models.BooleanField()), models.Func(models.F('section'), function='is_plain_text', output_field=models.BooleanField()), models.Func(models.F('email'), function='is_plain_text', output_field=models.BooleanField()), models.Func(models.F('telephone'), function='is_plain_text', output_field=models.BooleanField())), name='report_texts_are_plain', violation_error_message='目に見えない制御文字が含まれています。その文字を消すか、文を打ち直してください。')],
            },
        ),
        migrations.CreateModel(
            name='Schedule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('status', models.CharField(choices=[('published', '公開する'), ('withdrawn', '取り下げる')], max_length=10, verbose_name='すること')),
                ('due_at', models.DateTimeField(help_text='日本時間。5分ほど遅れることがあります。', verbose_name='日時')),
                ('reason', models.TextField(help_text='履歴に残ります。読者には見えません。', verbose_name='変更の理由')),
                ('withdrawn_reason', models.TextField(blank=True, help_text='取り下げるときに、読者に見せます。', verbose_name='取り下げの理由')),
                ('made_at', models.DateTimeField(auto_now_add=True, verbose_name='予約した日時')),
                ('closed_at', models.DateTimeField(editable=False, null=True, verbose_name='終わった日時')),
                ('failure', models.TextField(blank=True, editable=False, verbose_name='できなかった理由')),
                ('held_at', models.DateTimeField(editable=False, null=True, verbose_name='止めた日時')),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='schedules', to='catalog.case', verbose_name='事例')),
                ('made_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='予約した人')),
            ],
            options={
                'verbose_name': '予約',
                'verbose_name_plural': '予約',
                'ordering': ('due_at', 'pk'),
                'default_permissions': (),
            },
        ),
        migrations.AddConstraint(
            model_name='schedule',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['published', 'withdrawn'])), name='schedule_status_is_known'),
        ),
        migrations.AddConstraint(
            model_name='schedule',
            constraint=models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='schedule_has_reason'),
        ),
        migrations.AddConstraint(
            model_name='schedule',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status', 'withdrawn'), _negated=True), models.Q(('withdrawn_reason', ''), _negated=True), _connector='OR'), name='schedule_withdraws_with_reason', violation_error_message='取り下げるときは、読者に見せる理由も入力してください。'),
        ),
        migrations.AddConstraint(
            model_name='schedule',
            constraint=models.UniqueConstraint(condition=models.Q(('closed_at', None)), fields=('case', 'status'), name='schedule_is_one_a_status', violation_error_message='同じ予約がすでにあります。先に取り消してください。'),
        ),
        migrations.CreateModel(
            name='Review',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('due_on', models.DateField(verbose_name='期限')),
                ('case', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='review', to='catalog.case', verbose_name='事例')),
            ],
            options={
                'verbose_name': '見直しの期限',
                'verbose_name_plural': '見直しの期限',
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='Remains',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('rows', models.JSONField()),
                ('pointers', models.JSONField()),
                ('version', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='remains', to='reversion.version')),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='Indicator',
            fields=[
                ('slug', models.SlugField(primary_key=True, serialize=False, verbose_name='識別名')),
                ('title', models.CharField(max_length=50, unique=True, verbose_name='名称')),
                ('label', models.CharField(help_text='取り込む表の「indicator」の列にある言葉。取り込みは、これで指標を見分けます。', max_length=200, unique=True, verbose_name='表の項目名')),
                ('group', models.CharField(max_length=50, verbose_name='分類')),
                ('definition', models.TextField(help_text='何を数えた値か。分かっていることだけを書きます。', verbose_name='説明')),
                ('kind', models.CharField(choices=[('done', '実施か未実施'), ('percent', '割合（％）'), ('count', '数')], max_length=10, verbose_name='値の種類')),
                ('done_label', models.CharField(blank=True, help_text='「人口の近い200団体の28％が策定済み」の「策定済み」。空にすると「実施済み」です。', max_length=20, verbose_name='実施の言い方')),
                ('unit', models.CharField(blank=True, help_text='例：手続。数だけで使います。', max_length=10, verbose_name='数の単位')),
                ('source', models.CharField(max_length=200, verbose_name='出典')),
                ('url', models.URLField(blank=True, max_length=500, validators=[django.core.validators.URLValidator(schemes=['http', 'https']), catalog.models.base.refuse_credentials], verbose_name='出典のURL')),
                ('surveyed', models.CharField(help_text='例：2023年12月末。確かめられていないときは、そのことを書きます。そのまま読者に見せます。', max_length=200, verbose_name='調査の時点')),
                ('terms', models.TextField(help_text='確かめられていないことも書きます。そのまま読者に見せます。', verbose_name='利用条件')),
                ('position', models.PositiveSmallIntegerField(verbose_name='並び順')),
                ('section', models.ForeignKey(blank=True, help_text='未実施のときに案内する事例。区分とテーマの両方を選ぶと、両方に合う事例です。', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='indicators', to='catalog.section', verbose_name='事例の区分')),
                ('topic', models.ForeignKey(blank=True, help_text='未実施のときに案内する事例。どちらも空にすると、案内しません。', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='indicators', to='catalog.topic', verbose_name='事例のテーマ')),
            ],
            options={
                'verbose_name': '指標',
                'verbose_name_plural': '指標',
                'ordering': ('position', 'slug'),
            },
        ),
        migrations.CreateModel(
            name='IndicatorValue',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('value', models.FloatField(blank=True, help_text='実施は1、未実施は0、割合は％の数。空は「調査なし」です。', null=True, verbose_name='値')),
                ('body', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='indicator_values', to='catalog.body', verbose_name='団体')),
                ('indicator', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='values', to='catalog.indicator', verbose_name='指標')),
            ],
            options={
                'verbose_name': '指標の値',
                'verbose_name_plural': '指標の値',
                'ordering': ('indicator', 'body'),
            },
        ),
        migrations.AddConstraint(
            model_name='indicator',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['done', 'percent', 'count'])), name='indicator_kind_is_known'),
        ),
        migrations.AddConstraint(
            model_name='indicator',
            constraint=models.CheckConstraint(condition=models.Q(('url', ''), ('url__regex', '^https?://[^\\s/?#@\\\\]+([/?#]\\S*)?$'), _connector='OR'), name='indicator_url_is_web_address'),
        ),
        migrations.AddConstraint(
            model_name='indicator',
            constraint=models.CheckConstraint(condition=models.Q(models.Func(models.F('title'), function='is_plain_text', output_field=models.BooleanField()), models.Func(models.F('label'), function='is_plain_text', output_field=models.BooleanField()), models.Func(models.F('group'), function='is_plain_text', output_field=models.BooleanField()), models.Func(models.F('definition'), function='is_plain_text', output_field=models.BooleanField()), models.Func(models.F('done_label'), function='is_plain_text', output_field=models.BooleanField()), models.Func(models.F('unit'), function='is_plain_text', output_field=models.BooleanField()), models.Func(models.F('source'), function='is_plain_text', output_field=models.BooleanField()), models.Func(models.F('surveyed'), function='is_plain_text', output_field=models.BooleanField()), models.Func(models.F('terms'), function='is_plain_text', output_field=models.BooleanField())), name='indicator_texts_are_plain', violation_error_message='目に見えない制御文字が含まれています。その文字を消すか、文を打ち直してください。'),
        ),
        migrations.AddConstraint(
            model_name='indicatorvalue',
            constraint=models.UniqueConstraint(fields=('indicator', 'body'), name='indicator_value_is_unique', violation_error_message='この団体のこの指標の値は、すでにあります。'),
        ),
        migrations.AddConstraint(
            model_name='indicatorvalue',
            constraint=models.CheckConstraint(condition=models.Q(('value', None), models.Q(('value__gte', 0), ('value__lte', 1000000.0)), _connector='OR'), name='indicator_value_is_a_number_of_things', violation_error_message='値は0以上の数を入力してください。'),
        ),
        migrations.CreateModel(
            name='Release',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=20, unique=True, verbose_name='版')),
                ('made_at', models.DateTimeField(verbose_name='作成日時')),
                ('note', models.TextField(blank=True, help_text='この版で何が変わったか。読者に見せます。空でもかまいません。', verbose_name='説明')),
                ('count', models.PositiveIntegerField(verbose_name='事例の件数')),
                ('cases', models.JSONField()),
                ('changes', models.JSONField()),
            ],
            options={
                'verbose_name': 'データの版',
                'verbose_name_plural': 'データの版',
                'ordering': ('-made_at', '-pk'),
                'default_permissions': ('add', 'view'),
                'constraints': [models.CheckConstraint(condition=models.Q(('name__regex', '^[0-9]{4}-[0-9]{2}-[0-9]{2}(\\.[0-9]+)?$')), name='release_name_is_its_day'), models.CheckConstraint(condition=models.Q(models.Func(models.F('note'), function='is_plain_text', output_field=models.BooleanField())), name='release_texts_are_plain', violation_error_message='目に見えない制御文字が含まれています。その文字を消すか、文を打ち直してください。')],
            },
        ),
        migrations.CreateModel(
            name='Fact',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveSmallIntegerField(default=1, verbose_name='順番')),
                ('page', models.PositiveSmallIntegerField(blank=True, help_text='出典のどのページにあるか（ウェブページでは1）。団体の回答から書くときは空にします。', null=True, verbose_name='出典のページ')),
                ('answered_on', models.DateField(blank=True, null=True, verbose_name='回答日')),
                ('kind', models.CharField(choices=[('cost_initial', '初期費用'), ('cost_yearly', '年間費用'), ('period', '期間'), ('staff', '体制・人員'), ('effect', '効果'), ('scheme', '制度・補助金'), ('partner', '連携先')], max_length=20, verbose_name='種類')),
                ('label', models.CharField(help_text='何の数や事実か（例：議事録の作成時間）。', max_length=100, verbose_name='項目')),
                ('before', catalog.models.base.NumberField(blank=True, help_text='効果だけ。取り組む前の数が書かれているとき。', null=True, verbose_name='前の値')),
                ('value', catalog.models.base.NumberField(blank=True, help_text='書かれている数そのもの（約・程度は外す）。なければ空。', null=True, verbose_name='値')),
                ('unit', models.CharField(blank=True, help_text='円、万円、人、時間、%など。', max_length=20, verbose_name='単位')),
                ('text', models.CharField(help_text='出典や団体が書いているとおりに、短く（約、程度、対象も落とさない）。', max_length=200, verbose_name='記載')),
                ('grade', models.CharField(choices=[('measured', '実測値'), ('expected', '見込み'), ('stated', '記述のみ')], help_text='実測値＝起きた結果や実際の数。見込み＝目標・予定・試算の数。どちらも値と単位が要ります。記述のみ＝数のない記述で、値は空にします。', max_length=10, verbose_name='確かさ')),
                ('answered_by', models.ForeignKey(blank=True, help_text='出典にはなく、団体が答えたときだけ選びます。', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalog.body', verbose_name='回答した団体')),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='facts', to='catalog.case', verbose_name='事例')),
            ],
            options={
                'verbose_name': '費用・体制・効果など',
                'verbose_name_plural': '費用・体制・効果など',
                'ordering': ('position', 'pk'),
                'abstract': False,
                'constraints': [models.UniqueConstraint(fields=('case', 'label'), name='fact_label_is_unique', violation_error_message='同じ項目が2回あります。'), models.CheckConstraint(condition=models.Q(('kind__in', ['cost_initial', 'cost_yearly', 'period', 'staff', 'effect', 'scheme', 'partner'])), name='fact_kind_is_known'), models.CheckConstraint(condition=models.Q(('grade__in', ['measured', 'expected', 'stated'])), name='fact_grade_is_known'), models.CheckConstraint(condition=models.Q(models.Q(('label', ''), _negated=True), models.Q(('text', ''), _negated=True)), name='fact_is_complete'), models.CheckConstraint(condition=models.Q(models.Q(('grade', 'stated'), ('unit', ''), ('value', None)), models.Q(models.Q(('grade', 'stated'), _negated=True), models.Q(('unit', ''), _negated=True), ('value__isnull', False)), _connector='OR'), name='fact_grade_fits_its_number', violation_error_message='実測値と見込みには値と単位が要り、記述のみではどちらも空にします。'), models.CheckConstraint(condition=models.Q(('before', None), models.Q(('kind', 'effect'), ('value__isnull', False)), _connector='OR'), name='fact_before_is_of_an_effect', violation_error_message='前の値は、値のある効果だけに入力できます。'), models.CheckConstraint(condition=models.Q(models.Q(('before', None), ('before__gte', 0), _connector='OR'), models.Q(('value', None), ('value__gte', 0), _connector='OR')), name='fact_numbers_are_not_negative', violation_error_message='値は0以上の数を入力し、減ったことは項目と記載に書いてください。'), models.CheckConstraint(condition=models.Q(models.Q(('answered_by', None), ('answered_on', None), ('page__gte', 1), ('page__isnull', False)), models.Q(('answered_by__isnull', False), ('answered_on__isnull', False), ('page', None)), _connector='OR'), name='fact_has_one_place', violation_error_message='出典のページか、団体の回答（団体と回答日）のどちらかを必ず入力してください。'), models.CheckConstraint(condition=models.Q(models.Func(models.F('label'), function='is_plain_text', output_field=models.BooleanField()), models.Func(models.F('unit'), function='is_plain_text', output_field=models.BooleanField()), models.Func(models.F('text'), function='is_plain_text', output_field=models.BooleanField())), name='fact_texts_are_plain', violation_error_message='目に見えない制御文字が含まれています。その文字を消すか、文を打ち直してください。')],
            },
        ),
        migrations.CreateModel(
            name='Followed',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveSmallIntegerField(default=1, verbose_name='順番')),
                ('page', models.PositiveSmallIntegerField(blank=True, help_text='出典のどのページにあるか（ウェブページでは1）。団体の回答から書くときは空にします。', null=True, verbose_name='出典のページ')),
                ('answered_on', models.DateField(blank=True, null=True, verbose_name='回答日')),
                ('role', models.CharField(choices=[('follower', '取り入れた団体'), ('model', '手本にした団体')], help_text='取り入れた団体＝この取組を自団体でも始めた団体。手本にした団体＝この取組がもとにした団体。', max_length=10, verbose_name='関係')),
                ('note', models.CharField(help_text='そう分かる記載を、書いてあるとおりに短く。', max_length=200, verbose_name='記載')),
                ('answered_by', models.ForeignKey(blank=True, help_text='出典にはなく、団体が答えたときだけ選びます。', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalog.body', verbose_name='回答した団体')),
                ('body', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='followed_in', to='catalog.body', verbose_name='団体')),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='followed', to='catalog.case', verbose_name='事例')),
            ],
            options={
                'verbose_name': '取り入れた団体・手本にした団体',
                'verbose_name_plural': '取り入れた団体・手本にした団体',
                'ordering': ('position', 'pk'),
                'abstract': False,
                'constraints': [models.UniqueConstraint(fields=('case', 'body'), name='followed_body_is_unique', violation_error_message='同じ団体が2回あります。'), models.CheckConstraint(condition=models.Q(('role__in', ['follower', 'model'])), name='followed_role_is_known'), models.CheckConstraint(condition=models.Q(('note', ''), _negated=True), name='followed_says_so'), models.CheckConstraint(condition=models.Q(models.Q(('answered_by', None), ('answered_on', None), ('page__gte', 1), ('page__isnull', False)), models.Q(('answered_by__isnull', False), ('answered_on__isnull', False), ('page', None)), _connector='OR'), name='followed_has_one_place', violation_error_message='出典のページか、団体の回答（団体と回答日）のどちらかを必ず入力してください。'), models.CheckConstraint(condition=models.Q(models.Func(models.F('note'), function='is_plain_text', output_field=models.BooleanField())), name='followed_texts_are_plain', violation_error_message='目に見えない制御文字が含まれています。その文字を消すか、文を打ち直してください。')],
            },
        ),
        migrations.CreateModel(
            name='Trouble',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('slug', models.SlugField(help_text='半角の英小文字・数字・ハイフン。', unique=True, verbose_name='識別名')),
                ('title', models.CharField(help_text='職場で言うとおりに、短く（例：紙が多い）。', max_length=40, verbose_name='お困りごと')),
                ('sentence', models.CharField(help_text='どのような困りごとに、どのような事例が並ぶか。1〜2文で。', max_length=120, verbose_name='説明')),
                ('query', models.CharField(help_text='事例の一覧を条件で絞り込み、そのアドレスをここに貼ります（例：topic=hanko）。', max_length=500, verbose_name='一覧の条件')),
                ('position', models.PositiveSmallIntegerField(help_text='小さいものから並びます。', verbose_name='並び順')),
            ],
            options={
                'verbose_name': 'お困りごと',
                'verbose_name_plural': 'お困りごと',
                'ordering': ('position', 'slug'),
                'constraints': [models.CheckConstraint(condition=models.Q(('query', ''), _negated=True), name='trouble_has_a_query'), models.CheckConstraint(condition=models.Q(models.Func(models.F('title'), function='is_plain_text', output_field=models.BooleanField()), models.Func(models.F('sentence'), function='is_plain_text', output_field=models.BooleanField()), models.Func(models.F('query'), function='is_plain_text', output_field=models.BooleanField())), name='trouble_texts_are_plain', violation_error_message='目に見えない制御文字が含まれています。その文字を消すか、文を打ち直してください。')],
            },
        ),
        migrations.RunSQL(
            sql=(SQL / "0001_case_section.sql").read_text(encoding="utf-8"),
            reverse_sql=(SQL / "0001_case_section.down.sql").read_text(encoding="utf-8"),
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
            sql=(SQL / "0001_current_population.sql").read_text(encoding="utf-8"),
            reverse_sql=(SQL / "0001_current_population.down.sql").read_text(encoding="utf-8"),
        ),
        migrations.RunSQL(
            sql=(SQL / "0001_case_version.sql").read_text(encoding="utf-8"),
            reverse_sql=(SQL / "0001_case_version.down.sql").read_text(encoding="utf-8"),
        ),
        migrations.RunSQL(
            sql=(SQL / "0001_first_published.sql").read_text(encoding="utf-8"),
            reverse_sql=(SQL / "0001_first_published.down.sql").read_text(encoding="utf-8"),
        ),
        migrations.RunSQL(
            sql=(SQL / "0001_merged_topic.sql").read_text(encoding="utf-8"),
            reverse_sql=(SQL / "0001_merged_topic.down.sql").read_text(encoding="utf-8"),
        ),
        migrations.RunSQL(
            sql=(SQL / "0001_published_case.sql").read_text(encoding="utf-8"),
            reverse_sql=(SQL / "0001_published_case.down.sql").read_text(encoding="utf-8"),
        ),
    ]
