import java.math.BigInteger;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.security.*;
import java.security.spec.*;
import java.util.Base64;
import java.util.regex.Pattern;

/**
 * Reads an access token from standard input, and prints the id of its user. Needs the JDK (17 or newer), nothing else:
 * java Receiver.java. In a service of your own, a JSON library replaces field(), and the keys are kept for 300 seconds.
 */
public class Receiver {
    static String ownerOf(String token, String issuer) throws Exception {
        String[] parts = token.split("\\.");
        String header = text(parts[0]);
        check(field(header, "alg").equals("ES256") && field(header, "typ").equals("at+jwt"));

        HttpRequest request = HttpRequest.newBuilder(URI.create(issuer + "/.well-known/jwks.json")).build();
        String keys = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString()).body();
        String kid = Pattern.quote("\"kid\":\"" + field(header, "kid") + "\"");
        String key = find(keys, "(\\{[^{}]*" + kid + "[^{}]*\\})");
        AlgorithmParameters curve = AlgorithmParameters.getInstance("EC");
        curve.init(new ECGenParameterSpec("secp256r1"));
        ECPoint point = new ECPoint(number(field(key, "x")), number(field(key, "y")));
        KeySpec spec = new ECPublicKeySpec(point, curve.getParameterSpec(ECParameterSpec.class));

        Signature signature = Signature.getInstance("SHA256withECDSAinP1363Format");
        signature.initVerify(KeyFactory.getInstance("EC").generatePublic(spec));
        signature.update((parts[0] + "." + parts[1]).getBytes());
        check(signature.verify(Base64.getUrlDecoder().decode(parts[2])));

        String claims = text(parts[1]);
        check(field(claims, "iss").equals(issuer) && field(claims, "aud").equals("weapp"));
        check(Long.parseLong(find(claims, "\"exp\":(\\d+)")) > System.currentTimeMillis() / 1000);
        return field(claims, "sub");
    }

    static void check(boolean good) {
        if (!good) throw new SecurityException("invalid");
    }

    static String field(String json, String name) {
        return find(json, "\"" + name + "\":\"([^\"]*)\"");
    }

    static String find(String json, String pattern) {
        var found = Pattern.compile(pattern).matcher(json);
        check(found.find());
        return found.group(1);
    }

    static String text(String part) {
        return new String(Base64.getUrlDecoder().decode(part));
    }

    static BigInteger number(String part) {
        return new BigInteger(1, Base64.getUrlDecoder().decode(part));
    }

    public static void main(String[] arguments) throws Exception {
        String issuer = System.getenv().getOrDefault("ISSUER", "http://127.0.0.1:3000");
        System.out.println(ownerOf(new String(System.in.readAllBytes()).strip(), issuer));
    }
}
