/** A tensor of the addon, or 0 for none; it stands for memory until it is freed. */
export type Handle = number;
