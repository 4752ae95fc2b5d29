/**
 * Where the pages' script fetches what the browser needs for a passkey, as JSON. The pages' cookies say for
 * whom. For sign-in it asks the API, which says the same to everybody.
 */
import * as z from 'zod'
import { DomainError } from '../errors'
import { passkeyCreationOptions } from '../passkeys/add'
import { secondStepOptions } from '../sign-in/second-factor-options'
import { stepUpOptions } from '../step-up/passkey-options'
import { reauthenticate } from '../step-up/reauthenticate'
import { askedField } from './runtime/address'
import { action, page, redirect } from './runtime/page'

const secondStep = action({
  path: '/sign-in/second-factor/passkey-options',
  access: 'visitor',
  counting: 'never',
  home: '/sign-in/second-factor',
  act: async ({ deps, cookie }) => {
    const challengeToken = cookie('challenge')
    if (challengeToken === undefined) throw new DomainError('invalid_challenge')
    return Response.json(await secondStepOptions(deps, challengeToken))
  },
})

const stepUp = action({
  path: '/account/step-up/passkey-options',
  access: { requiredActions: ['two_factor_required'] },
  counting: 'never',
  home: '/account',
  act: async ({ deps, visitor }) => Response.json(await stepUpOptions(deps, visitor.principal)),
})

/** `unseen`: for a passkey that the browser makes without asking. */
const creation = page({
  path: '/account/passkeys/options',
  access: { requiredActions: ['two_factor_required'] },
  counting: 'never',
  query: () => z.object({ unseen: askedField }),
  show: () => redirect('/account/passkeys'),
  act: async ({ deps, visitor: { principal }, query }) => {
    const proved = () => reauthenticate(deps, principal)
    const unseen = query.unseen !== undefined
    return Response.json(await passkeyCreationOptions(deps, principal, proved, { unseen }))
  },
})

export const passkeyOptionsPages = [secondStep, stepUp, creation]
