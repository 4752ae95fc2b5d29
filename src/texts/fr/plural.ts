import { pluralIn } from '../plural'

/** One also for 0; many from a million on. */
export const plural = pluralIn('fr', ['one', 'many', 'other'])
