/** The answer to the consent page. Nothing was written before, and a refusal writes nothing either. */
import * as z from 'zod'
import { CONSENT, authorizePath } from '../../app-sign-in/authorize-path'
import { DomainError } from '../../errors'
import { OAuthError } from '../../http/oauth-error'
import { subjectOf } from '../../sessions/session-types'
import { markOf, OTHERS_FORM } from '../runtime/form-owner'
import { formPage } from '../runtime/form-page'
import type { PageRequest } from '../runtime/page'
import { answerOf, flowOf, goOn, isFlow } from './authorize'
import { deliver, errorParameters } from './deliver'

const consent = formPage({
  path: CONSENT,
  access: 'anyone',
  fields: () => z.strictObject({ decision: z.enum(['allow', 'deny']), seen: z.string().max(100) }),
  // The request itself decides whether there is anything to ask.
  home: ({ request }: PageRequest) => authorizePath(new URL(request.url).searchParams),
  submit: async (request, { decision, seen }) => {
    const flow = await flowOf(request)
    if (!isFlow(flow)) return flow
    // Leads to the sign-in, because no user is signed in.
    if (flow.sid === undefined) return goOn(flow)
    if (request.mark !== (await markOf(subjectOf(flow.sid)))) {
      throw new DomainError('forbidden', { detail: OTHERS_FORM })
    }
    if (decision === 'allow') return goOn(flow, seen)
    const error = new OAuthError('access_denied', 'The user has not allowed it')
    return deliver(request, answerOf(flow, errorParameters(error)))
  },
})

export const consentPages = [consent]
