declare module 'timesync/lib/stat.js' {
  export function compare(a: number, b: number): number;
  export function mean(values: number[]): number;
  export function median(values: number[]): number;
  export function std(values: number[]): number;
}
