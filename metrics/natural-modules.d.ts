/** The modules of `natural` that are imported one by one, so that the rest of the package is never loaded. */
declare module 'natural/lib/natural/stemmers/porter_stemmer.js' {
  const stemmer: { readonly stem: (word: string) => string };
  export = stemmer;
}
