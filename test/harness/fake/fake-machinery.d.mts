import type { Machinery } from '../../../harness/run/machinery.js';

export declare const fakeMachinery: Machinery;
