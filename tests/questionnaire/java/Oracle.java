import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.File;
import java.io.FileInputStream;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.Reader;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.List;
import org.javarosa.core.model.FormDef;
import org.javarosa.core.model.FormIndex;
import org.javarosa.core.model.SelectChoice;
import org.javarosa.core.model.condition.EvaluationContext;
import org.javarosa.core.model.data.IAnswerData;
import org.javarosa.core.model.instance.InstanceInitializationFactory;
import org.javarosa.core.model.instance.TreeElement;
import org.javarosa.core.model.instance.TreeReference;
import org.javarosa.core.reference.PrefixedRootFactory;
import org.javarosa.core.reference.Reference;
import org.javarosa.core.reference.ReferenceManager;
import org.javarosa.form.api.FormEntryController;
import org.javarosa.form.api.FormEntryModel;
import org.javarosa.form.api.FormEntryPrompt;
import org.javarosa.model.xform.XFormSerializingVisitor;
import org.javarosa.model.xform.XFormsModule;
import org.javarosa.xform.parse.XFormParser;
import org.javarosa.xpath.XPathParseTool;
import org.javarosa.xpath.expr.XPathExpression;
import org.javarosa.xpath.expr.XPathFuncExpr;

/** Asks JavaRosa, the engine of ODK Collect, what it makes of expressions and of whole interviews. */
public class Oracle {
    public static void main(String[] args) throws Exception {
        PrintStream out = new PrintStream(System.out, false, "UTF-8");
        System.setOut(System.err);
        new XFormsModule().registerModule();
        media(args[2]);
        String form = new String(Files.readAllBytes(Paths.get(args[1])), StandardCharsets.UTF_8);
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        if (args[0].equals("expressions")) {
            FormDef def = open(form, in.readLine());
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                String[] parts = line.split("\t", 2);
                out.println(quote(evaluate(def, parts[0], parts[1])));
            }
        } else {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                try {
                    out.println(interview(form, line));
                } catch (RuntimeException error) {
                    out.println("{\"error\":" + quote(String.valueOf(error)) + "}");
                }
            }
        }
        out.flush();
        System.exit(0);
    }

    private static void media(String folder) {
        ReferenceManager.instance().addReferenceFactory(new PrefixedRootFactory(new String[] {"file-csv", "file", "images"}) {
            @Override
            protected Reference factory(String terminal, String uri) {
                return new FileAt(new File(folder, terminal), uri);
            }
        });
    }

    private static FormDef open(String form, String instance) throws Exception {
        Reader data = instance.isEmpty() ? null : new StringReader(instance);
        XFormParser parser = data == null ? new XFormParser(new StringReader(form)) : new XFormParser(new StringReader(form), data);
        FormDef def = parser.parse();
        def.initialize(data == null, new InstanceInitializationFactory());
        return def;
    }

    private static String evaluate(FormDef def, String context, String text) {
        try {
            XPathExpression expression = XPathParseTool.parseXPath(text);
            TreeReference ref = reference(context);
            EvaluationContext around = new EvaluationContext(def.getEvaluationContext(), ref);
            Object value = XPathFuncExpr.unpack(expression.eval(def.getMainInstance(), around));
            return value.getClass().getSimpleName() + ":" + XPathFuncExpr.toString(value);
        } catch (Exception error) {
            return "Error:" + error.getMessage();
        }
    }

    private static TreeReference reference(String path) {
        TreeReference ref = TreeReference.rootRef();
        for (String part : path.substring(1).split("/")) {
            String[] pieces = part.replace("]", "").split("\\[");
            ref.add(pieces[0], pieces.length > 1 ? Integer.parseInt(pieces[1]) - 1 : 0);
        }
        return ref;
    }

    private static String interview(String form, String instance) throws Exception {
        FormDef def = open(form, instance);
        FormEntryController controller = new FormEntryController(new FormEntryModel(def));
        String[] languages = controller.getModel().getLanguages();
        List<String> asked = new ArrayList<>();
        for (int event = controller.stepToNextEvent(); event != FormEntryController.EVENT_END_OF_FORM; event = controller.stepToNextEvent()) {
            if (event == FormEntryController.EVENT_QUESTION) {
                asked.add(question(controller, def, languages));
            }
        }
        byte[] xml = new XFormSerializingVisitor().serializeInstance(def.getMainInstance());
        return "{\"asked\":[" + String.join(",", asked) + "],\"xml\":" + quote(new String(xml, StandardCharsets.UTF_8)) + "}";
    }

    private static String question(FormEntryController controller, FormDef def, String[] languages) {
        FormIndex index = controller.getModel().getFormIndex();
        TreeReference ref = index.getReference();
        StringBuilder json = new StringBuilder("{\"path\":" + quote(ref.toString(true)));
        FormEntryPrompt prompt = controller.getModel().getQuestionPrompt();
        IAnswerData answer = prompt.getAnswerValue();
        json.append(",\"required\":").append(prompt.isRequired()).append(",\"readonly\":").append(prompt.isReadOnly());
        boolean good = answer == null || def.evaluateConstraint(ref, answer);
        json.append(",\"constraint\":").append(good).append(",\"labels\":{");
        for (int i = 0; i < languages.length; i++) {
            controller.setLanguage(languages[i]);
            FormEntryPrompt said = controller.getModel().getQuestionPrompt();
            json.append(i > 0 ? "," : "").append(quote(languages[i])).append(":").append(quote(text(said.getQuestionText())));
        }
        controller.setLanguage(languages[0]);
        json.append("},\"choices\":");
        List<SelectChoice> choices = prompt.getSelectChoices();
        if (choices == null) {
            return json.append("null}").toString();
        }
        List<String> shown = new ArrayList<>();
        for (SelectChoice choice : choices) {
            shown.add("[" + quote(choice.getValue()) + "," + quote(text(prompt.getSelectChoiceText(choice))) + "]");
        }
        return json.append("[").append(String.join(",", shown)).append("]}").toString();
    }

    private static String text(String value) {
        return value == null ? "" : value;
    }

    private static String quote(String value) {
        StringBuilder json = new StringBuilder("\"");
        for (char c : value.toCharArray()) {
            if (c == '"' || c == '\\') {
                json.append('\\').append(c);
            } else if (c < ' ') {
                json.append(String.format("\\u%04x", (int) c));
            } else {
                json.append(c);
            }
        }
        return json.append('"').toString();
    }

    /** A file of the media folder. */
    private static final class FileAt implements Reference {
        private final File file;
        private final String uri;

        FileAt(File file, String uri) {
            this.file = file;
            this.uri = uri;
        }

        @Override public boolean doesBinaryExist() { return file.exists(); }
        @Override public InputStream getStream() throws java.io.IOException { return new FileInputStream(file); }
        @Override public String getURI() { return uri; }
        @Override public String getLocalURI() { return file.getAbsolutePath(); }
        @Override public boolean isReadOnly() { return true; }
        @Override public OutputStream getOutputStream() { throw new UnsupportedOperationException(); }
        @Override public void remove() { throw new UnsupportedOperationException(); }
        @Override public Reference[] probeAlternativeReferences() { return new Reference[0]; }
    }
}
