/** "Did you mean" of error messages, for all of the harness. */
export { closestName } from '../../reference-model/files/closest-name.js';
