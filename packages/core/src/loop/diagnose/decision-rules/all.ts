/** All decision rules; the most certain verdict wins, so the order means nothing. */
import type { DecisionRule } from '../decision-rule.ts';
import { databaseRules } from './database.ts';
import { processRules } from './process.ts';

export const allDecisionRules: readonly DecisionRule[] = [...processRules, ...databaseRules];
