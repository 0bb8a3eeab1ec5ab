<?php
// Reads an access token from standard input, and prints the id of its user. Needs PHP's own openssl, nothing else.

$issuer = getenv('ISSUER') ?: 'http://127.0.0.1:3000';
$decode = fn (string $part) => base64_decode(strtr($part, '-_', '+/'));

function ownerOf(string $token, string $issuer, callable $decode): array {
    [$header, $payload, $signature] = explode('.', $token) + ['', '', ''];
    ['alg' => $alg, 'typ' => $type, 'kid' => $kid] = json_decode($decode($header), true);
    // Keep the keys for 300 seconds in APCu, or in a file.
    $keys = json_decode(file_get_contents("$issuer/.well-known/jwks.json"), true)['keys'];
    $key = array_column($keys, null, 'kid')[$kid] ?? null;
    $raw = $decode($signature);
    if ($alg !== 'ES256' || $type !== 'at+jwt' || $key === null || strlen($raw) !== 64) throw new Exception('invalid');

    // openssl takes a key as PEM, and a signature as DER.
    $point = hex2bin('3059301306072a8648ce3d020106082a8648ce3d03010703420004') . $decode($key['x']) . $decode($key['y']);
    $pem = "-----BEGIN PUBLIC KEY-----\n" . chunk_split(base64_encode($point), 64) . "-----END PUBLIC KEY-----\n";
    $integer = function (string $bytes): string {
        $bytes = ltrim($bytes, "\0");
        $bytes = $bytes === '' || ord($bytes[0]) > 127 ? "\0$bytes" : $bytes;
        return "\x02" . chr(strlen($bytes)) . $bytes;
    };
    $sequence = $integer(substr($raw, 0, 32)) . $integer(substr($raw, 32));
    $der = "\x30" . chr(strlen($sequence)) . $sequence;
    if (openssl_verify("$header.$payload", $der, $pem, OPENSSL_ALGO_SHA256) !== 1) throw new Exception('invalid');

    $claims = json_decode($decode($payload), true);
    if ($claims['iss'] !== $issuer || $claims['aud'] !== 'weapp' || $claims['exp'] <= time()) throw new Exception('invalid');
    return $claims;
}

echo ownerOf(trim(stream_get_contents(STDIN)), $issuer, $decode)['sub'], "\n";
