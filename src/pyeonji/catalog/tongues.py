"""Beginnings of words in languages that bend their words or join them: family -> stems, as they are written there.

A stem stands for every word that begins with it ("uzytkownik" for "użytkownika").  In the scripts of China, Japan and
Korea, which write words together or hang endings on them, a stem is found inside, too, the longest first.  A family of
several names is said in that order: a negation that hangs on the verb comes before it, as in English.
"""

from pyeonji.catalog.families import folded

_STEMS = """
config: 설정 设置 設置 設定 настро
syntax: 형식 格式 形式 формат formato
unavailable: недоступ niedostepn indisponib nedostupn otillgang
available: 이용할 사용할 可用 利用可 доступн verfugbar verfuegbar disponib beschikba dostepn tillgang tilgaeng
answer: 응답 响应 響應 回应 回應 応答 ответ antwort respuest rispost respost odpowied antwoord repond odpoved
deliver: 전달 배달 投递 投遞 配信 配送 доставл доставк zustell zugestell delivr entreg consegn dostarcz bezorg
  afgelever doruc
lookup: 解析 名前解決 조회
record: 레코드 记录 記錄 レコード запис eintrag enregistr
reputation: 평판 信誉 信譽 評判 репутац reputac reputaz
lost: 끊 断开 斷開 中断 切断 разорван прерван unterbroch abgebroch przerwan zerwan verbroken interrump interromp
  interrott
user: 사용자 수신자 수신인 받는 회원 유저 收件人 收信人 收件者 用户 用戶 使用者 ユーザ 宛先 受信者 受取人 пользовател
  получател адресат uzytkown odbiorc empfaeng empfang benutzer gebruiker ontvanger destinatar usuari uzivatel prijemce
  mottagar anvandar modtager bruger kullanici felhasznalo cimzett
box: 메일함 편지함 사서함 우편함 계정 邮箱 郵箱 信箱 帐号 账号 帳號 帐户 账户 帳戶 メールボックス 受信箱 受信ボックス
  アカウント ящик аккаунт учетн postfach postfaech skrzynk postvak buzon casell schrank brevlad kutusu postafiok
addr: adress 주소 地址 アドレス адрес anschrift direccion indirizz enderec mailadres
msg: 메일 편지 메시지 邮件 郵件 信件 来信 來信 メール メッセージ письм письмо сообщени nachricht wiadomosc bericht
  mensaj mensag messaggi zprav meddeland iletis
not exist: 없는 없습니다 없음 없어 없다 없 不存在 存在しません 存在しない 存在していません neexist nonexist inexist
no such: 无此 無此 查无 查無 没有此 沒有此 没有该 没有这个
not found: 找不到 未找到 无法找到 無法找到 見つかりません 見つからない introuvab nenalez bulunamad
unknown: 未知 不明 неизвестн nieznan neznam onbekend ukendt desconoc desconhec sconosciut inconnu unbekannt bilinmeyen
exist: 존재하 존재 存在 существу istniej bestaat bestaan existier
not allow: 불가
found: 찾을 찾지 발견 найден gefund encontrad znalezion gevonden
such: такого такой такая
not: 않 못 아닙 아니 미등록 不 未 没有 沒有 无法 無法 ません しない できない できず нельзя
full: 가득 꽉 已满 已滿 满 滿 いっぱい 一杯 満杯 переполнен заполнен przepeln pelna pelny
quota: kontingent 할당량 配额 配額 限额 квот
storage: 용량 공간 空间 空間 容量 저장 存储 место speicher pojemnos opslag almacen
exceed: erschopf erschoepf закончил кончил 모자라 모자랍 초과 넘었 넘는 넘어 부족 超出 超过 超過 超限 不足 превыш
  исчерпан uberschr ueberschr przekrocz overschred excedid superad superat ultrapass depass
disabled: suspens 휴면 정지 중지 해지 비활성 탈퇴 잠금 잠긴 停用 禁用 冻结 凍結 锁定 鎖定 注销 註銷 失效 停止 無効
  休眠 отключен деактив приостановл неактивн deaktiv zawieszon nieaktywn uitgeschakel opgeheven desactiv desativ
  deshabilit inhabilit suspend sospes disabilit disattiv inativ inactiv devre
allow: akzeptier nimmt принима acept accett aceit przyjm accepteer tillad tillat sallit 허용 许可 允许 允許 許可
  разреш dozwolon toegestaan permitid consentit permess
refuse: 禁止 afvist avvist avvisad reddedil elutasit 거부 거절 반려 拒收 拒绝 拒絕 拒否 退回 отклонен отклонён отвергн
  запрещ отказ abgelehn abgewies verweiger odrzuc odrzuco zabronion odmow geweiger afgewez rechaz denegad recusad
  rejeit rifiutat negato respint rejete odmitn
block: 차단 금지 屏蔽 封禁 封锁 被封 阻止 ブロック заблокир blockier zablok geblokk bloque bloqu bloccat blokov
spam: nevyzad roskap istenmey keretlen skrapp ongewens 스팸 垃圾 广告 廣告 迷惑 スパム спам niechcian unerwuns
  unerwuen indesirab
virus: 바이러스 악성 病毒 木马 ウイルス ウィルス вирус
content: 본문 내용 첨부 内容 內容 附件 添付 本文 вложени содержим anhang anhaeng zalacznik bijlage adjunt contenid
  allegat anexo
big: 큽 너무큰 длинн dlug velk suuri buyuk 过大 過大 太大 大きすぎ большой volumineu
size: 크기 사이즈 大小 サイズ размер rozmiar grootte taille taman dimension
sender: remetent 발신자 보낸 보내는 발송자 발신인 송신자 发件人 發件人 发信人 寄件者 寄件人 差出人 送信者 отправител
  absender nadawc afzender remitent mittent expedit odesilat avsandar
domain: 도메인 域名 网域 網域 ドメイン домен domen domein
host: 호스트 ホスト хост 서버 服务器 伺服器 主机 サーバ сервер serwer
black: черн czarn negra negro noire zwart schwarz
list: спис lijst liscie listes lista
blacklist: 블랙리스트 차단목록 黑名单 黑名單 ブラックリスト sperrlist karaliste
many: много 너무 많 过多 過多 太多 频繁 頻繁 多すぎ слишком zuviel demasiad tropp
rate: 频率 頻率 속도
mismatch: 다릅 다르 일치하지 불일치 不一致 不匹配
active: aktiv actif attiv
limit: 한도 제한 限制 上限 制限 лимит ограничен limit
conn: pripojen anslut forbindel baglant kapcsol 접속 연결 세션 连接 連接 接続 соединен подключен verbindung polacz
  verbinding conexio connessi conexo
auth: 인증 로그인 登录 登陆 登錄 登入 认证 認證 验证 驗證 認証 ログイン авториз аутентиф
  anmeld authenti uwierzyteln autoryz autentic
  autentica aanmeld
password: 비밀번호 암호 密码 密碼 パスワード парол passwort kennwort wachtwoord contrasen
failure: 실패 失败 失敗 неудач fehlgeschlag fallid nieudan mislukt
error: 오류 에러 错误 錯誤 エラー ошибк fehler
bad: 잘못 올바르지 유효하지 无效 無效 不正 неверн некоррект недопуст ungult ungueltig falsch bledn niepraw ongeldig
  incorrect
temp: 일시 임시 暂时 暫時 临时 臨時 一時 времен voruebergeh vorubergeh tymczas tijdelijk temporair temporal temporane
later: 잠시 나중 稍后 稍後 しばらく 後ほど позже позднее spaeter spater pozniej pozdeji
retry: попробуй 다시 재시도 重试 重試 再试 再試 再度 повтор
busy: surcharg занят ocupad occup zajet 혼잡 바쁩 과부하 繁忙 混雑 перегруж ueberlast uberlast
require: 필요 需要 必要 требует erforderlich wymagan vereist requis requier richiest requer
relay: 转发 轉發 reenvi пересыл 릴레이 중계 中继 中繼 リレー 中継 пересылк weiterleit retransmi
grey: 그레이 灰名单 灰名單 グレイリスト グレーリスト серых серый
reverse: revers invers 역방향 리버스 反向 反解 逆引 обратн
policy: 정책 策略 政策 ポリシー политик richtlini polityk beleid politic politiqu
loop: 루프 循环 迴圈 ループ
expire: 만료 过期 過期 到期 期限切れ истек abgelaufen wygas
timeout: zeituberschr zeitueberschr 시간초과 超时 逾時 タイムアウト
daily: 하루 일일 每日 每天 毎日 1日 taglich taeglich quotidien diari giornalier dagelijks dzienn ежедневн суточн
tls: 암호화 加密 暗号 暗號 шифр зашифр verschluss verschluess chiffr cifrad crittograf criptograf versleutel szyfrow
belong: 属于 屬於 属する принадлеж gehort gehoert appartien apparten pertenec pertenc
must: 必须 必須
match: 一致 일치
send: sendelimit versand versend envoi envio wysyl 발송 송신 发送 發送 发信 發信 发件 發件 送信 отправк
receive: 수신 接收 收信 受信
certificate: 인증서 证书 憑證 証明書 сертификат zertifikat certyfika certificaa certificad
"""


def _stems() -> dict[str, str]:
    found: dict[str, str] = {}
    families = ""
    for line in _STEMS.strip().splitlines():
        head, colon, tail = line.partition(":")
        families = head if colon else families
        found |= {folded(stem): families for stem in (tail if colon else line).split()}
    return found


STEMS = _stems()
SHORTEST = 4  # letters of a stem in the scripts that part words; ours: shorter ones begin too many
LONGEST = max(map(len, STEMS))


def written_together(word: str) -> bool:
    """Whether it is of a script that writes words together or hangs endings on them."""
    return not word.isascii() and any(
        "\u1100" <= letter <= "\u11ff" or "\u2e80" <= letter <= "\ud7ff" or letter >= "\uf900" for letter in word
    )


def bent(word: str) -> str:
    """The families that a folded word stands for by its beginning, or by what is inside it; "" for none."""
    if written_together(word):
        return " ".join(_inside(word))
    return next((STEMS[word[:n]] for n in range(min(len(word), LONGEST), SHORTEST - 1, -1) if word[:n] in STEMS), "")


def _inside(word: str) -> list[str]:
    found = []
    at = 0
    while at < len(word):
        n = next((n for n in range(min(LONGEST, len(word) - at), 0, -1) if word[at : at + n] in STEMS), 0)
        if n:
            found.append(STEMS[word[at : at + n]])
        at += n or 1
    return found
