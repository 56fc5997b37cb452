import type { Measure } from './compare.ts';
import type { Stage } from './stage.ts';

/** Options of a run of a row. */
export interface RowOptions {
  /** Whether the run is short and coarse: it takes seconds and only shows that the row works. */
  smoke: boolean;
  /** Prefix of files that CPU profiles of the service go to; none where undefined. */
  profile: string | undefined;
  progress: (line: string) => void;
}

/** One row of the speed table. */
export interface Row {
  /** What `--only` takes. */
  name: string;
  title: string;
  /** Left out of a smoke run unless it is asked for. */
  fullOnly?: boolean;
  /** Left out of every run unless it is asked for. */
  onlyAsked?: boolean;
  /** Runs on a stage of its own, which is closed afterwards. */
  run(stage: Stage, options: RowOptions): Promise<Measure[]>;
}

export interface RowResult {
  name: string;
  title: string;
  seconds: number;
  measures: Measure[];
}
