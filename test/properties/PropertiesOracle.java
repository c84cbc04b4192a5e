import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Properties;
import java.util.TreeSet;

/** Reads one file of properties a line, in base64, and writes "KEY=VALUE KEY=VALUE ...", each word
 *  in base64 and in order, or "refused". What Java itself makes of them. */
public final class PropertiesOracle {
    /** Half a surrogate pair has no UTF-8. */
    private static int whole(int rune) {
        return Character.getType(rune) == Character.SURROGATE ? 0xFFFD : rune;
    }

    private static String encode(String text) {
        int[] runes = text.codePoints().map(PropertiesOracle::whole).toArray();
        byte[] bytes = new String(runes, 0, runes.length).getBytes(StandardCharsets.UTF_8);
        return Base64.getEncoder().encodeToString(bytes);
    }

    private static String read(String text) throws IOException {
        Properties properties = new Properties();
        try {
            properties.load(new StringReader(text));
        } catch (IllegalArgumentException malformed) {
            return "refused";
        }
        TreeSet<String> words = new TreeSet<>();
        for (String key : properties.stringPropertyNames()) {
            words.add(encode(key) + ":" + encode(properties.getProperty(key)));
        }
        return String.join(" ", words);
    }

    public static void main(String[] args) throws IOException {
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            byte[] bytes = Base64.getDecoder().decode(line);
            System.out.println(read(new String(bytes, StandardCharsets.UTF_8)));
        }
    }
}
