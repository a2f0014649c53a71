/** One value of a figure at a time; epoch ms. */
export type Point = Readonly<{ atMs: number; value: number }>;
