/** The prompt with which captions are asked for; it belongs to a score as much as the split does. */
import { CAPTION_PROMPT } from '../../reference-model/training/examples.js';

export const captionPrompt: string = CAPTION_PROMPT['human-captions'];
