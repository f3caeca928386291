/** Types of the questions in `page-probes.js`. */
export function unfold(): void;
export function chartGeometry(): {
  readonly left: number;
  readonly right: number;
  readonly height: number;
  readonly marks: number;
  readonly overhang: number;
}[];
export function middles(selector: string): number[];
export function extents(elements: unknown): { readonly from: number; readonly to: number }[];
export function imageStates(): {
  readonly complete: boolean;
  readonly naturalWidth: number;
  readonly width: number;
  readonly rendering: string;
  readonly alternative: string;
}[];
export function lowContrastTexts(bar: number): {
  readonly texts: number;
  readonly low: readonly string[];
  readonly background: number;
};
export function headingLevels(): number[];
export function accessibilityFlaws(): string[];
export function attackState(): {
  readonly attacked: boolean;
  readonly scripts: number;
  readonly images: number;
  readonly handlers: number;
  readonly links: readonly (string | null)[];
  readonly scrollWidth: number;
};
export function printedState(): {
  readonly background: string;
  readonly recipeVisible: boolean;
  readonly scrollWidth: number;
};
export function printFlaws(): string[];
export function scrollWidth(): number;
export function fontSize(element: unknown): number;
export function focusedText(): string;
export function locationHash(): string;
