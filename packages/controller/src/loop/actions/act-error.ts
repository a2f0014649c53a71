/**
 * Why an act was not done, in words for people. The world's fault, never ours: the step counts as
 * failed and the loop goes on.
 */
import { FettleError } from '@fettle/sdk/fettle-error';

/** No such service, process or file here. */
export function noTarget(message: string, hint: string): FettleError {
  return new FettleError('E-ACT-TARGET', message, { hint, status: 404 });
}

/** The world is no longer as it was captured. */
export function changed(message: string): FettleError {
  const hint = 'Look again: the plan was made for a state that is no more.';
  return new FettleError('E-ACT-CHANGED', message, { hint, status: 409 });
}

/** This stack has nothing to do it with. */
export function noMeans(message: string, hint: string): FettleError {
  return new FettleError('E-ACT-MEANS', message, { hint, status: 409 });
}

/** It would do harm, or touch what is not ours. */
export function refused(message: string, hint: string): FettleError {
  return new FettleError('E-ACT-REFUSED', message, { hint, status: 409 });
}

/** It was tried. */
export function failed(message: string, cause?: unknown): FettleError {
  const hint = 'See the evidence of the run; the step counts as failed.';
  return new FettleError('E-ACT-FAILED', message, { hint, cause, status: 500 });
}
