import com.sun.net.httpserver.*;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.security.*;
import java.util.Base64;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Receives webhooks, and prints what has happened to whom. Needs the JDK (17 or newer), nothing else: java Receiver.java. In a
 * service of your own, a JSON library replaces field().
 */
public class Receiver {
    static boolean isGenuine(Headers headers, byte[] body, String secret) throws GeneralSecurityException {
        String stamp = headers.getFirst("webhook-timestamp");
        if (Math.abs(System.currentTimeMillis() / 1000 - Long.parseLong(stamp)) > 300) return false;
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(Base64.getDecoder().decode(secret.replace("whsec_", "")), "HmacSHA256"));
        mac.update((headers.getFirst("webhook-id") + "." + stamp + ".").getBytes());
        byte[] signature = ("v1," + Base64.getEncoder().encodeToString(mac.doFinal(body))).getBytes();
        for (String each : headers.getFirst("webhook-signature").split(" ")) {
            if (MessageDigest.isEqual(signature, each.getBytes())) return true;
        }
        return false;
    }

    static void receive(HttpExchange exchange) throws IOException {
        byte[] body = exchange.getRequestBody().readAllBytes();
        int status = 400;
        try {
            if (isGenuine(exchange.getRequestHeaders(), body, System.getenv("WEBHOOK_SECRET"))) {
                String event = new String(body);
                System.out.println(field(event, "type") + " " + field(event, "userId") + " " + field(event, "into"));
                status = 204;
            }
        } catch (GeneralSecurityException | RuntimeException malformed) {
            // The answer is 400.
        }
        exchange.sendResponseHeaders(status, -1);
        exchange.close();
    }

    static String field(String json, String name) {
        var found = Pattern.compile("\"" + name + "\":\"([^\"]*)\"").matcher(json);
        return found.find() ? found.group(1) : "";
    }

    public static void main(String[] arguments) throws IOException {
        int port = Integer.parseInt(System.getenv().getOrDefault("PORT", "4001"));
        HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", port), 0);
        server.createContext("/", Receiver::receive);
        server.start();
        System.out.println("Webhooks are received at http://127.0.0.1:" + server.getAddress().getPort() + "/");
    }
}
