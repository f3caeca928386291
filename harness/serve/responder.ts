/** Answers prompts in the order in which they come, as many together as the model takes at once. */
import type { Response } from '../../reference-model/index.js';
import type { Prompt, RunModel } from '../answerers/record/run-model.js';

interface Waiting {
  readonly prompt: Prompt;
  resolve(response: Response | undefined): void;
  reject(error: unknown): void;
}

export class Responder {
  private readonly model: Pick<RunModel, 'respond' | 'batchSize'>;
  private readonly queue: Waiting[] = [];
  private isPlanned = false;

  constructor(model: Pick<RunModel, 'respond' | 'batchSize'>) {
    this.model = model;
  }

  /** Undefined where the prompt leaves no room for an answer. */
  respond(prompt: Prompt): Promise<Response | undefined> {
    return new Promise((resolve, reject) => {
      this.queue.push({ prompt, resolve, reject });
      this.plan();
    });
  }

  /** Between two batches, requests that have come meanwhile are read. */
  private plan(): void {
    if (this.isPlanned || this.queue.length === 0) return;
    this.isPlanned = true;
    setImmediate(() => {
      this.isPlanned = false;
      const batch = this.queue.splice(0, this.model.batchSize);
      try {
        const responses = this.model.respond(batch.map(({ prompt }) => prompt));
        batch.forEach(({ resolve }, index) => {
          resolve(responses[index]);
        });
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
      this.plan();
    });
  }
}
