<?php
// 비밀번호 찾기: the board's own script, run by `php -S`.  It knows nothing of pyeonji: it calls mail(), as every board
// does, and mail() starts the sendmail command of php.ini (sendmail_path).
header('Content-Type: application/json');
$to = (string) ($_POST['to'] ?? '');
$number = (string) ($_POST['number'] ?? '');
$sender = (string) ($_POST['sender'] ?? 'noreply@board.test');
// No browser has business here: the lab's own page asks, by a program that says neither of the two.
if (isset($_SERVER['HTTP_ORIGIN']) || isset($_SERVER['HTTP_SEC_FETCH_SITE'])
    || $_SERVER['REQUEST_METHOD'] !== 'POST' || !filter_var($to, FILTER_VALIDATE_EMAIL)
    || !preg_match('/^[A-Za-z0-9_-]{8,64}$/D', $number)
    || !preg_match('/^noreply@(old|quiet)?board\.test$/D', $sender)) {
    http_response_code(400);
    exit(json_encode(['sent' => false]));
}
$headers = [
    'From' => '=?UTF-8?B?' . base64_encode('게시판') . "?= <$sender>",
    'Message-ID' => "<reset-$number@board.test>",
    'MIME-Version' => '1.0',
    'Content-Type' => 'text/plain; charset=UTF-8',
    'Content-Transfer-Encoding' => '8bit',
    'Auto-Submitted' => 'auto-generated',
];
$subject = '=?UTF-8?B?' . base64_encode((string) ($_POST['subject'] ?? '')) . '?=';
$sent = mail($to, $subject, (string) ($_POST['text'] ?? ''), $headers, "-f$sender");
echo json_encode(['sent' => $sent]);
