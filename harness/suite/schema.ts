/** The schema of suites as they are used: `extends` has been resolved, and every rule between fields holds. */
import { suiteComplaints } from './checks/suite-rules.js';
import { suiteFields } from './suite-fields.js';

export { type DataSetName, type Hypothesis, hypothesisSchema, type Suite } from './suite-fields.js';

export const suiteSchema = suiteFields.superRefine((suite, context) => {
  for (const { path, message, ...params } of suiteComplaints(suite)) {
    context.addIssue({ code: 'custom', path: [...path], message, params });
  }
});
