<?php
// "I forgot my password" with PHP's own mail(), and the answer to "did it arrive?".
// php -S 127.0.0.1:8003 -d sendmail_path="/usr/sbin/sendmail -t -i" examples/php/reset.php

$url = getenv('PYEONJI_URL') ?: 'http://127.0.0.1:8025';
$key = getenv('PYEONJI_KEY') ?: 'lab';
$from = getenv('BOARD_FROM') ?: 'noreply@board.test';

header('Content-Type: text/plain; charset=utf-8');

if (($_SERVER['REQUEST_METHOD'] ?? '') === 'POST') {
    $ref = 'reset-' . bin2hex(random_bytes(8));
    $taken = mail(
        $_POST['email'],
        '=?UTF-8?B?' . base64_encode('비밀번호 찾기') . '?=',
        "새 비밀번호를 정하세요: https://board.test/r/1234\n",
        ['From' => $from, 'Content-Type' => 'text/plain; charset=utf-8',
         'X-Pyeonji-Ref' => $ref, 'X-Pyeonji-Expires-In' => '15m']
    );
    // true says only that sendmail took it; what became of it is asked by the reference.
    echo $taken ? $ref : '';
    exit;
}

if (isset($_GET['ref'])) {
    $context = stream_context_create(['http' => ['header' => "Authorization: Bearer $key\r\n", 'ignore_errors' => true]]);
    $found = json_decode(file_get_contents("$url/api/v1/messages?ref=" . urlencode($_GET['ref']), false, $context), true);
    foreach ($found['data'][0]['recipients'] ?? [] as $one) {
        echo $one['address'], ' ', $one['status'], ' ', $one['explanation']['ko'] ?? '', "\n";
    }
    exit;
}

header('Content-Type: text/html; charset=utf-8');
echo '<form method="post"><input name="email" type="email"><button>Send</button></form>';
