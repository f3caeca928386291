import edu.stanford.nlp.ling.Word;
import edu.stanford.nlp.process.PTBTokenizer;
import edu.stanford.nlp.process.WordTokenFactory;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;

/**
 * The oracle of the tokeniser: Penn Treebank tokens of every line of standard input, lower-cased, each line as if it were the
 * only line of a file. It uses the public interface of the CoreNLP jar inside the Python package pycocoevalcap:
 *
 *   java -cp stanford-corenlp-3.4.1.jar tokenise-each-line.java < lines.txt > tokens.txt
 */
class TokeniseEachLine {
  public static void main(String[] arguments) throws IOException {
    System.setErr(new PrintStream(OutputStream.nullOutputStream()));
    String[] lines = new String(System.in.readAllBytes(), StandardCharsets.UTF_8).split("\n", -1);
    int count = lines[lines.length - 1].isEmpty() ? lines.length - 1 : lines.length;
    StringBuilder output = new StringBuilder();
    for (int line = 0; line < count; line++) {
      PTBTokenizer<Word> tokenizer =
          new PTBTokenizer<>(new StringReader(lines[line] + "\n"), new WordTokenFactory(), "tokenizeNLs=true");
      String separator = "";
      while (tokenizer.hasNext()) {
        String word = tokenizer.next().word();
        if (word.equals(PTBTokenizer.getNewlineToken())) continue;
        output.append(separator).append(word.toLowerCase());
        separator = " ";
      }
      output.append('\n');
    }
    PrintStream stdout = new PrintStream(new FileOutputStream(FileDescriptor.out), false, StandardCharsets.UTF_8);
    stdout.print(output);
    stdout.flush();
  }
}
