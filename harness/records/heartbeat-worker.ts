/** Entry of the thread that beats for a lock; it tells once when the claim is gone, and ends. */
import { parentPort, workerData } from 'node:worker_threads';
import { beat } from './heartbeat.js';

const { file, every } = workerData as { readonly file: string; readonly every: number };
let count = 0;
const timer = setInterval(tick, every * 1000);
tick();

function tick(): void {
  count += 1;
  if (beat(file, count)) return;
  clearInterval(timer);
  parentPort?.postMessage('lost');
}
