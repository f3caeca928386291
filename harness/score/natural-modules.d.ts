/** The modules of `natural` that are imported one by one, so that the rest of the package is never loaded. */
declare module 'natural/lib/natural/wordnet/wordnet.js' {
  interface IndexFile {
    readonly filePath: string;
  }
  class WordNet {
    readonly nounIndex: IndexFile;
    readonly verbIndex: IndexFile;
    readonly adjIndex: IndexFile;
    readonly advIndex: IndexFile;
  }
  export = WordNet;
}

declare module 'natural/lib/natural/inflectors/noun_inflector.js' {
  class NounInflector {
    singularize(word: string): string;
  }
  export = NounInflector;
}
