import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import org.apache.avro.Conversions;
import org.apache.avro.Schema;
import org.apache.avro.data.TimeConversions;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.Produced;

/** Kafka Streams, one thread, exactly_once_v2 where the job asks for it: pass-through, or the orders of W1. */
public class Line {
    record Routed(String topic, byte[] value) {}

    public static void main(String[] args) throws Exception {
        JsonNode job = new ObjectMapper().readTree(args[0]);
        Properties settings = new Properties();
        settings.put(StreamsConfig.APPLICATION_ID_CONFIG, job.get("group").asText());
        settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, job.get("bootstrap").asText());
        settings.put(StreamsConfig.STATE_DIR_CONFIG, job.get("folder").asText());
        settings.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 1);
        settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG,
            job.get("exactly_once").asBoolean() ? StreamsConfig.EXACTLY_ONCE_V2 : StreamsConfig.AT_LEAST_ONCE);
        settings.put("auto.offset.reset", "earliest");
        settings.put(StreamsConfig.DEFAULT_KEY_SERDE_CLASS_CONFIG, Serdes.ByteArraySerde.class);
        settings.put(StreamsConfig.DEFAULT_VALUE_SERDE_CLASS_CONFIG, Serdes.ByteArraySerde.class);
        StreamsBuilder builder = new StreamsBuilder();
        KStream<byte[], byte[]> source = builder.stream(job.get("source").asText());
        JsonNode outputs = job.get("outputs");
        if (outputs.has("out")) {
            source.to(outputs.get("out").asText());
        } else {
            Orders orders = new Orders(job.get("options"), outputs);
            source.mapValues(orders::handle)
                .to((key, routed, context) -> routed.topic(),
                    Produced.with(Serdes.ByteArray(), Serdes.serdeFrom((topic, routed) -> routed.value(), (topic, bytes) -> new Routed(topic, bytes))));
        }
        KafkaStreams streams = new KafkaStreams(builder.build(), settings);
        Runtime.getRuntime().addShutdownHook(new Thread(streams::close));
        streams.start();
    }

    static class Orders {
        private static final Set<String> CURRENCIES = Set.of("EUR", "USD", "GBP", "CHF", "JPY");
        private static final String[] REGIONS = {"eu", "us", "apac"};
        private final Map<String, String> topics = new HashMap<>();
        private final Map<String, String[]> accounts = new HashMap<>();
        private final Schema out;
        private final GenericDatumReader<GenericRecord> reader;
        private final GenericDatumWriter<GenericRecord> writer;
        private BinaryDecoder decoder;
        private BinaryEncoder encoder;

        Orders(JsonNode options, JsonNode outputs) {
            outputs.fields().forEachRemaining(entry -> topics.put(entry.getKey(), entry.getValue().asText()));
            for (int i = 0; i < 20_000; i++) {
                accounts.put(String.format("C%05d", i), new String[] {String.format("ACC%05d", i), REGIONS[i % 3]});
            }
            GenericData data = new GenericData();
            data.addLogicalTypeConversion(new Conversions.DecimalConversion());
            data.addLogicalTypeConversion(new TimeConversions.DateConversion());
            data.addLogicalTypeConversion(new TimeConversions.TimestampMicrosConversion());
            Schema in = new Schema.Parser().parse(options.get("schema_in").asText());
            out = new Schema.Parser().parse(options.get("schema_out").asText());
            reader = new GenericDatumReader<>(in, in, data);
            writer = new GenericDatumWriter<>(out, data);
        }

        Routed handle(byte[] raw) {
            try {
                GenericRecord order = read(raw);
                check(order);
                String[] account = accounts.get(order.get("customer_id").toString());
                GenericData.Record enriched = new GenericData.Record(out);
                for (Schema.Field field : order.getSchema().getFields()) {
                    enriched.put(field.name(), order.get(field.pos()));
                }
                enriched.put("erp_account", account[0]);
                enriched.put("region", account[1]);
                return new Routed(topics.get(account[1]), write(enriched));
            } catch (Exception error) {
                return new Routed(topics.get("letters"), raw);
            }
        }

        private GenericRecord read(byte[] raw) throws Exception {
            if (raw[0] != 0 || raw[4] != 1) {
                throw new IllegalArgumentException("header");
            }
            decoder = DecoderFactory.get().binaryDecoder(raw, 5, raw.length - 5, decoder);
            GenericRecord order = reader.read(null, decoder);
            if (!decoder.isEnd()) {
                throw new IllegalArgumentException("left over");
            }
            return order;
        }

        private byte[] write(GenericRecord order) throws Exception {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream(256);
            bytes.write(new byte[] {0, 0, 0, 0, 2});
            encoder = EncoderFactory.get().binaryEncoder(bytes, encoder);
            writer.write(order, encoder);
            encoder.flush();
            return bytes.toByteArray();
        }

        private static void check(GenericRecord order) {
            BigDecimal total = (BigDecimal) order.get("total");
            BigDecimal tax = (BigDecimal) order.get("tax");
            List<?> lines = (List<?>) order.get("lines");
            boolean good = CURRENCIES.contains(order.get("currency").toString())
                && total.signum() >= 0 && tax.signum() >= 0 && tax.compareTo(total) <= 0
                && order.get("order_id").toString().length() > 0
                && order.get("country").toString().length() == 2
                && (Long) order.get("version") >= 0
                && !((Instant) order.get("updated_at")).isBefore((Instant) order.get("created_at"))
                && !lines.isEmpty();
            for (Object item : lines) {
                GenericRecord line = (GenericRecord) item;
                good = good && (Integer) line.get("quantity") > 0 && ((BigDecimal) line.get("price")).signum() >= 0
                    && line.get("sku").toString().length() > 0;
            }
            if (!good) {
                throw new IllegalArgumentException("contract");
            }
        }
    }
}
