/** What a rule says about a value: the text follows the name of the field, "seeds must list at least 6". */
export interface Complaint {
  readonly path: readonly (string | number)[];
  readonly message: string;
  readonly expected?: string;
  /** What the value could have been, for "did you mean". */
  readonly known?: readonly string[];
  /** What was written instead, where it is not the value at the path. */
  readonly named?: string;
  /** By default the value is to be corrected, or what was probably meant. */
  readonly fix?: string;
  /** Other fields that have a part in it: where a suite that extends another states one of these, it is pointed at. */
  readonly involves?: readonly (readonly (string | number)[])[];
}
