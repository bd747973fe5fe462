"""Korean under the label of a neighbour is read as Korean; what the neighbours write, and what is short, never is."""

import pytest

from pyeonji.message import charset
from pyeonji.message.charset import ENOUGH, How, decode

KOREAN = """
안녕하세요. 지난주에 말씀드린 회의 자료를 보내 드립니다.
[공지] 10월 정기 점검으로 서비스가 잠시 중단됩니다
주문하신 상품이 오늘 발송되었습니다. 감사합니다.
비밀번호를 다시 정하려면 아래 주소를 눌러 주세요.
Re: 견적서 요청드립니다 - 내일까지 부탁해요
다음 달 모임은 장소가 바뀌었으니 꼭 확인해 주시기 바랍니다.
김 과장님, 보내 주신 파일이 열리지 않습니다. 다시 보내 주실 수 있을까요?
이번 학기 수강 신청은 다음 주 월요일 오전 아홉 시부터 시작합니다.
고객님의 카드 사용 내역을 안내해 드립니다.
첨부한 계약서에 서명해서 금요일까지 돌려보내 주세요.
생일 축하해! 저녁에 맛있는 거 먹으러 가자.
택배가 도착했는데 집에 아무도 안 계셔서 경비실에 맡겼어요.
""".strip().splitlines()
SHORT_KOREAN = ["안녕하세요", "회의 자료", "주문 확인", "견적서 요청드립니다", "내일 봐요"]
SIMPLIFIED = """
您好，附件是上周会议的资料，请查收。
关于十月份例行维护的通知
您的订单已经发货，感谢您的购买。
请点击下面的链接重新设置密码。
回复：报价单请于明天之前发给我
下个月的聚会地点有变化，请务必确认。
王经理，您发来的文件打不开，能不能再发一次？
本学期选课从下周一上午九点开始。
尊敬的客户，以下是您的信用卡账单。
请在合同上签字并于星期五之前寄回。
生日快乐！晚上一起去吃好吃的吧。
快递到了，但是家里没有人，所以放在门卫那里了。
版本名称不得包含
不能创建空的归档包
件不是归档包或归档包列表
软件包名软件包名软件包名
旧的软件包脚本版本号
巴甫洛达尔巴林第纳尔科贾埃利
高版本低版本备份方法备份
菜单栏快捷键包含过多的快捷键标记
人人生而自由，在尊严和权利上一律平等。他们赋有理性和良心，并应以兄弟关系的精神相对待。
会议通知
报价单
发票
""".strip().splitlines()
TRADITIONAL = """
您好，附件是上週會議的資料，請查收。
關於十月份例行維護的通知
您的訂單已經出貨，感謝您的購買。
請點擊下面的連結重新設定密碼。
回覆：報價單請於明天之前寄給我
下個月的聚會地點有變更，請務必確認。
王經理，您寄來的檔案打不開，可以再寄一次嗎？
本學期選課從下週一上午九點開始。
親愛的客戶，以下是您的信用卡帳單。
請在合約上簽名並於星期五之前寄回。
生日快樂！晚上一起去吃好吃的吧。
包裹到了，但是家裡沒有人，所以放在管理員那裡了。
除錯選項終端機模擬器模擬觸控螢幕
整數等於整數整數整數整數複數翻譯單數複數
滑鼠游標樹狀選單模型磁碟暫停抓取後剪除遠端
人人生而自由，在尊嚴和權利上一律平等。他們賦有理性和良心，並應以兄弟關係的精神互相對待。
會議通知
報價單
發票
""".strip().splitlines()
JAPANESE = """
お世話になっております。先週の会議の資料をお送りします。
十月の定期メンテナンスのお知らせ
ご注文の商品を本日発送いたしました。ありがとうございます。
下記のリンクからパスワードを再設定してください。
見積書の件、明日までにお願いします
来月の集まりは場所が変わりましたので、必ずご確認ください。
田中様、お送りいただいたファイルが開けません。もう一度送っていただけますか。
今学期の履修登録は来週の月曜日の午前九時から始まります。
契約書に署名して金曜日までにご返送ください。
お誕生日おめでとう！夜はおいしいものを食べに行こう。
非決定的照合順序実行時疑似再配置
ﾌﾘｺﾐ ｶﾝﾘｮｳ ﾉ ｵｼﾗｾ ﾃﾞｽ｡ ｺﾞｶｸﾆﾝ ｸﾀﾞｻｲ
ﾃﾙｴﾙｱｸｾｽﾄｰｸﾝ ﾈｯﾄﾜｰｸｱｸｾｽ ｵﾌ ﾆｭｰｻｳｽｳｪｰﾙｽﾞ
ﾆｰﾀﾞｰｴｽﾀｰﾗｲﾋｸﾛｰﾈｴｱｰｼｱﾝｸﾞﾆｴﾁﾝﾁｬﾄﾞｶﾝﾊﾞﾈｯﾄﾜｰｸ
ｱｱｱｱｱｱｱｱｱｱｱｱｱｱｱｱｱｱｱｱｱｱｱｱ
すべての人間は、生まれながらにして自由であり、かつ、尊厳と権利とについて平等である。
会議資料
請求書
ﾃｽﾄ
""".strip().splitlines()
RUSSIAN = """
Здравствуйте! Посылаю материалы совещания, о которых мы говорили на прошлой неделе.
Ваш заказ отправлен сегодня. Спасибо за покупку.
Чтобы сменить пароль, нажмите на ссылку ниже.
ПРОГРАММА ОБЩЕГО СОБРАНИЯ АКЦИОНЕРОВ
Счёт
""".strip().splitlines()
GREEK = """
Σας στέλνω τα έγγραφα της συνάντησης που είπαμε την περασμένη εβδομάδα.
Η παραγγελία σας στάλθηκε σήμερα. Ευχαριστούμε για την αγορά σας.
ΠΡΟΣΚΛΗΣΗ ΓΕΝΙΚΗΣ ΣΥΝΕΛΕΥΣΗΣ
""".strip().splitlines()
NEIGHBOURS = [
    *((line, "gb18030", label) for line in SIMPLIFIED for label in ("gb2312", "gbk")),
    *((line, "big5hkscs", "big5") for line in TRADITIONAL),
    *((line, "cp932", "shift_jis") for line in JAPANESE),
    *((line, "euc_jp", "euc-jp") for line in JAPANESE),
    *((line, codec, codec) for line in RUSSIAN for codec in ("koi8-r", "windows-1251", "iso-8859-5", "cp866")),
    *((line, codec, codec) for line in GREEK for codec in ("iso-8859-7", "windows-1253")),
]
FOREIGN = ("shift_jis", "euc-jp", "gb2312", "gbk", "big5", "koi8-r", "windows-1251", "iso-8859-2", "utf-16", "ucs-2")
LABELS = (*FOREIGN, "iso-8859-1", "us-ascii", "euc-kr", None)


@pytest.mark.parametrize("label", LABELS)
@pytest.mark.parametrize("line", KOREAN)
def test_korean_is_read_whatever_the_label(line, label):
    found = decode(line.encode("cp949"), label)
    assert (found.text, found.charset_used) == (line, "cp949")
    assert found.how is (How.DECLARED if label == "euc-kr" else How.KOREAN)


@pytest.mark.parametrize("label", FOREIGN)
def test_a_whole_letter_is_read_too_and_its_rare_syllables_do_no_harm(label):
    letter = "\r\n".join(
        [*KOREAN, "> 뷁 햏 똠방각하", "ㅋㅋㅋ ㅎㅎ", "“감사합니다” · 끝…", "kim@example.com / 02-123-4567"]
    )
    assert decode(letter.encode("cp949"), label).text == letter


@pytest.mark.parametrize("label", FOREIGN)
def test_a_few_lines_are_read_with_syllables_that_only_cp949_has(label):
    letter = "\n".join([*KOREAN[:3], "똠방각하, 뷁, 쀍, 펲시, 햏자, 뙠, 믜"])
    assert decode(letter.encode("cp949"), label).text == letter


@pytest.mark.parametrize("label", ["euc-kr", "utf-8", "us-ascii", None])
def test_the_older_johab_is_read_under_other_labels(label):
    letter = "\n".join(KOREAN)
    assert decode(letter.encode("johab"), label).text == letter


def test_without_the_rule_it_would_be_read_as_the_label_has_it(monkeypatch):
    """Negative control."""
    monkeypatch.setattr(charset, "_surely_korean", lambda text: False)
    assert decode(KOREAN[0].encode("cp949"), "gb2312").text.startswith("救崇")


@pytest.mark.parametrize(("line", "codec", "label"), NEIGHBOURS)
def test_what_the_neighbours_write_stays_theirs(line, codec, label):
    found = decode(line.encode(codec), label)
    assert (found.text, found.how) == (line, How.DECLARED)


@pytest.mark.parametrize(("lines", "codec", "label"), [
    (SIMPLIFIED, "gb18030", "gb2312"), (TRADITIONAL, "big5hkscs", "big5"), (JAPANESE, "cp932", "shift_jis"),
])  # fmt: skip
def test_so_does_every_piece_of_it_that_may_be_a_subject(lines, codec, label):
    text = "".join(lines).replace("，", "").replace("。", "")
    pieces = [text[at : at + length] for length in (4, 8, ENOUGH, 2 * ENOUGH) for at in range(len(text) - length)]
    assert [piece for piece in pieces if decode(piece.encode(codec), label).how is How.KOREAN] == []
    assert len(pieces) > 1_000


def test_a_weaker_rule_would_take_some_of_it_for_korean(monkeypatch):
    """Negative control: what is asked of text without a label is not enough here."""
    monkeypatch.setattr(charset, "_surely_korean", lambda text: charset._mostly_hangul(text, least=1))
    taken = [line for line, codec, label in NEIGHBOURS if decode(line.encode(codec), label).how is How.KOREAN]
    assert len(taken) > 3


@pytest.mark.parametrize("line", SHORT_KOREAN)
def test_short_text_stays_with_its_label(line):
    """It may be either, and the label is all we have."""
    octets = line.encode("cp949")
    assert decode(octets, "gb2312").text == octets.decode("gb18030")
