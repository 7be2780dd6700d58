import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.Map;
import org.apache.avro.Conversions;
import org.apache.avro.Schema;
import org.apache.avro.SchemaCompatibility;
import org.apache.avro.data.TimeConversions;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericEnumSymbol;
import org.apache.avro.generic.GenericFixed;
import org.apache.avro.generic.GenericRecordBuilder;
import org.apache.avro.generic.IndexedRecord;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;

/**
 * What Avro's Java library says and does: one JSON question per line in, one JSON answer per line out.
 *
 * {"reader": schema, "writer": schema}                        -> {"compatible": bool} or {"error": text}
 * {"reader": schema, "writer": schema, "records": [base64]}   -> adds {"reads": [...], "means": [...]}
 *
 * {"old": schema, "new": schema, "records": [base64]}        -> {"before": [...], "after": [...]}
 *
 * "means" is each record read with its own writer's schema, "reads" with the reader's and then written again with it,
 * as a worker does that passes records on. "before" and "after" are each record as a producer builds it that leaves out
 * what has a default in the old schema. A value is [kind, text]; a record that fails is {"error": text}.
 */
public final class Judge {
    private static final ObjectMapper JSON = new ObjectMapper();

    public static void main(String[] arguments) throws Exception {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            out.println(JSON.writeValueAsString(answer(JSON.readTree(line))));
        }
    }

    private static ObjectNode answer(JsonNode question) {
        ObjectNode answer = JSON.createObjectNode();
        try {
            if (question.has("old")) {
                return built(question);
            }
            Schema reader = new Schema.Parser().parse(JSON.writeValueAsString(question.get("reader")));
            Schema writer = new Schema.Parser().parse(JSON.writeValueAsString(question.get("writer")));
            SchemaCompatibility.SchemaPairCompatibility pair =
                SchemaCompatibility.checkReaderWriterCompatibility(reader, writer);
            answer.put("compatible",
                pair.getType() == SchemaCompatibility.SchemaCompatibilityType.COMPATIBLE);
            if (question.has("records")) {
                ArrayNode reads = answer.putArray("reads");
                ArrayNode means = answer.putArray("means");
                for (JsonNode record : question.get("records")) {
                    byte[] bytes = Base64.getDecoder().decode(record.asText());
                    reads.add(read(bytes, writer, reader));
                    means.add(read(bytes, writer, writer));
                }
            }
        } catch (Exception | StackOverflowError problem) {
            answer.put("error", problem.getClass().getSimpleName() + ": " + problem.getMessage());
        }
        return answer;
    }

    private static ObjectNode built(JsonNode question) throws Exception {
        Schema old = new Schema.Parser().parse(JSON.writeValueAsString(question.get("old")));
        Schema fresh = new Schema.Parser().parse(JSON.writeValueAsString(question.get("new")));
        ObjectNode answer = JSON.createObjectNode();
        ArrayNode before = answer.putArray("before");
        ArrayNode after = answer.putArray("after");
        for (JsonNode record : question.get("records")) {
            BinaryDecoder decoder = DecoderFactory.get().binaryDecoder(Base64.getDecoder().decode(record.asText()), null);
            Object value = new GenericDatumReader<Object>(old).read(null, decoder);
            before.add(rebuilt(value, old, old));
            after.add(rebuilt(value, old, fresh));
        }
        return answer;
    }

    private static JsonNode rebuilt(Object value, Schema from, Schema to) {
        try {
            return told(rebuild(value, from, to));
        } catch (RuntimeException problem) {
            ObjectNode failed = JSON.createObjectNode();
            failed.put("error", problem.getClass().getSimpleName() + ": " + problem.getMessage());
            return failed;
        }
    }

    private static Object rebuild(Object value, Schema from, Schema to) {
        if (from.getType() == Schema.Type.UNION) {
            from = from.getTypes().get(GenericData.get().resolveUnion(from, value));
        }
        if (to.getType() == Schema.Type.UNION) {
            Schema.Type wanted = from.getType();
            to = to.getTypes().stream().filter(branch -> branch.getType() == wanted).findFirst().orElse(to);
        }
        if (value instanceof GenericData.Record record && to.getType() == Schema.Type.RECORD) {
            GenericRecordBuilder builder = new GenericRecordBuilder(to);
            for (Schema.Field field : from.getFields()) {
                Schema.Field target = to.getField(field.name());
                Object inner = record.get(field.pos());
                boolean left = field.hasDefaultValue() && !(inner instanceof Collection<?> || inner instanceof IndexedRecord);
                if (target != null && !left) {
                    builder.set(target, rebuild(inner, field.schema(), target.schema()));
                }
            }
            return builder.build();
        }
        if (value instanceof Collection<?> items && to.getType() == Schema.Type.ARRAY) {
            ArrayList<Object> copy = new ArrayList<>();
            for (Object item : items) {
                copy.add(rebuild(item, from.getElementType(), to.getElementType()));
            }
            return copy;
        }
        return value;
    }

    private static GenericData data() {
        GenericData data = new GenericData();
        data.addLogicalTypeConversion(new Conversions.DecimalConversion());
        data.addLogicalTypeConversion(new Conversions.UUIDConversion());
        data.addLogicalTypeConversion(new TimeConversions.DateConversion());
        data.addLogicalTypeConversion(new TimeConversions.TimeMillisConversion());
        data.addLogicalTypeConversion(new TimeConversions.TimeMicrosConversion());
        data.addLogicalTypeConversion(new TimeConversions.TimestampMillisConversion());
        data.addLogicalTypeConversion(new TimeConversions.TimestampMicrosConversion());
        data.addLogicalTypeConversion(new TimeConversions.LocalTimestampMillisConversion());
        data.addLogicalTypeConversion(new TimeConversions.LocalTimestampMicrosConversion());
        return data;
    }

    private static JsonNode read(byte[] bytes, Schema writer, Schema reader) {
        try {
            GenericData data = data();
            BinaryDecoder decoder = DecoderFactory.get().binaryDecoder(bytes, null);
            Object value = new GenericDatumReader<Object>(writer, reader, data).read(null, decoder);
            ByteArrayOutputStream again = new ByteArrayOutputStream();
            new GenericDatumWriter<Object>(reader, data)
                .write(value, EncoderFactory.get().directBinaryEncoder(again, null));
            return told(value);
        } catch (Exception | StackOverflowError problem) {
            ObjectNode failed = JSON.createObjectNode();
            failed.put("error", problem.getClass().getSimpleName() + ": " + problem.getMessage());
            return failed;
        }
    }

    private static JsonNode told(Object value) {
        if (value instanceof IndexedRecord record) {
            ObjectNode node = JSON.createObjectNode();
            for (Schema.Field field : record.getSchema().getFields()) {
                node.set(field.name(), told(record.get(field.pos())));
            }
            return node;
        }
        if (value instanceof Collection<?> items) {
            ObjectNode node = JSON.createObjectNode();
            int index = 0;
            for (Object item : items) {
                node.set("#" + index++, told(item));
            }
            return node;
        }
        if (value instanceof Map<?, ?> map) {
            ObjectNode node = JSON.createObjectNode();
            map.forEach((key, item) -> node.set("#" + key, told(item)));
            return node;
        }
        ArrayNode leaf = JSON.createArrayNode();
        if (value == null) {
            return leaf.add("null").add("");
        }
        if (value instanceof GenericEnumSymbol || value instanceof CharSequence) {
            return leaf.add("text").add(value.toString());
        }
        if (value instanceof GenericFixed fixed) {
            return leaf.add("bytes").add(Base64.getEncoder().encodeToString(fixed.bytes()));
        }
        if (value instanceof ByteBuffer buffer) {
            byte[] bytes = new byte[buffer.remaining()];
            buffer.duplicate().get(bytes);
            return leaf.add("bytes").add(Base64.getEncoder().encodeToString(bytes));
        }
        if (value instanceof BigDecimal amount) {
            return leaf.add("decimal").add(amount.signum() == 0 ? "0" : amount.stripTrailingZeros().toPlainString());
        }
        if (value instanceof Integer || value instanceof Long) {
            return leaf.add("number").add(value.toString());
        }
        if (value instanceof Float || value instanceof Double) {
            double number = ((Number) value).doubleValue();
            String text = number == Math.rint(number) && Math.abs(number) < 1e19
                ? new BigDecimal(number).toBigInteger().toString() : Double.toString(number);
            return leaf.add("number").add(text);
        }
        return leaf.add(value.getClass().getSimpleName()).add(value.toString());
    }
}
