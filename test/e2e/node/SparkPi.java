import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import org.apache.hadoop.conf.Configuration;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.core.LoggerContext;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;
import scala.Tuple2;

/**
 * Estimates pi, as Spark's example of this name does, which PyPI's archive lacks: SparkPi [SLICES [hold] [fail]]. Before
 * that it says, for the driver and for an executor, which configuration is in force there, and the driver's properties
 * spark.probe.*: lines "IN FORCE ROLE KEY=VALUE". With "hold" it goes on only when somebody makes the file GO_ON, with
 * "fail" it ends with 3.
 */
public final class SparkPi {
    private static final Path GO_ON = Path.of("/tmp/go-on");
    private static final Path RULES = Path.of("/etc/rules/rules.txt");
    private static final int HELD_S = 200;

    private static List<String> inForce(String role, Configuration hadoop) throws IOException {
        List<String> lines = new ArrayList<>();
        LogManager.getLogger("probe.logger").trace("seen in the log of the " + role);
        LoggerContext logging = (LoggerContext) LogManager.getContext(false);
        lines.add("log4j2=" + logging.getConfiguration().getConfigurationSource().getLocation());
        lines.add("probe.logger=" + logging.getConfiguration().getLoggerConfig("probe.logger").getLevel());
        lines.add("core-site=" + hadoop.get("probe.key"));
        // Spark gives its own Configuration another one.
        lines.add("io.file.buffer.size=" + new Configuration().get("io.file.buffer.size"));
        lines.add("rules=" + (Files.exists(RULES) ? Files.readString(RULES).strip() : null));
        for (String name : List.of("SPARK_CONF_DIR", "HADOOP_CONF_DIR", "GOOGLE_APPLICATION_CREDENTIALS"))
            lines.add(name + "=" + System.getenv(name));
        String key = System.getenv("GOOGLE_APPLICATION_CREDENTIALS");
        lines.add("credentials=" + (key == null ? null : Files.readString(Path.of(key)).strip()));
        lines.replaceAll(line -> "IN FORCE " + role + " " + line);
        return lines;
    }

    private static int hits(int seed, int tries) {
        SplittableRandom random = new SplittableRandom(seed);
        int inside = 0;
        for (int i = 0; i < tries; i++) {
            double x = random.nextDouble() * 2 - 1;
            double y = random.nextDouble() * 2 - 1;
            inside += x * x + y * y <= 1 ? 1 : 0;
        }
        return inside;
    }

    private static void hold() throws InterruptedException {
        for (int tenths = 0; tenths < 10 * HELD_S && !Files.exists(GO_ON); tenths++)
            Thread.sleep(100);
    }

    public static void main(String[] arguments) throws IOException, InterruptedException {
        List<String> words = List.of(arguments);
        int slices = words.isEmpty() ? 2 : Integer.parseInt(words.get(0));
        int tries = 200_000;
        try (SparkSession spark = SparkSession.builder().appName("Spark Pi").getOrCreate()) {
            JavaSparkContext context = new JavaSparkContext(spark.sparkContext());
            List<String> lines = inForce("driver", context.hadoopConfiguration());
            lines.addAll(context.parallelize(Collections.singletonList(0), 1)
                .flatMap(ignored -> inForce("executor", new Configuration()).iterator()).collect());
            for (Tuple2<String, String> property : context.getConf().getAll())
                if (property._1().startsWith("spark.probe."))
                    lines.add("IN FORCE driver " + property._1() + "=" + property._2());
            lines.forEach(System.out::println);
            List<Integer> seeds = new ArrayList<>();
            for (int i = 0; i < slices; i++)
                seeds.add(i);
            int inside = context.parallelize(seeds, slices).map(seed -> hits(seed, tries)).reduce(Integer::sum);
            System.out.println("Pi is roughly " + 4.0 * inside / ((double) slices * tries));
            if (words.contains("hold"))
                hold();
            if (words.contains("fail"))
                System.exit(3);
        }
    }
}
