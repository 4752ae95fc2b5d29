import { REQUIRED_ACTIONS } from '../context'
import { ERRORS } from '../errors'
import { takesForwardedClient } from '../http/forwarding-headers'
import {
  type DocumentedProblem,
  isGuarded,
  needsPermission,
  type RouteSpec,
  writeOf,
} from '../http/route'
import { securityOf } from './openapi-access'
import type { ProblemOfRoute } from './problem-examples'

const STEP_UP = ['step_up_required'] as const

/** Returns every problem that a route can respond with. OAuth routes have OAuth's own errors instead. */
export function problemsOf(
  route: Pick<
    RouteSpec,
    | 'path'
    | 'access'
    | 'method'
    | 'isRecorded'
    | 'body'
    | 'rawBody'
    | 'query'
    | 'params'
    | 'oauthErrors'
    | 'docs'
  >,
): ProblemOfRoute[] {
  if (route.oauthErrors) return []
  const { access, docs } = route
  const ofItsOwn = (docs && docs.problems) || []
  const codes: DocumentedProblem[] = [...ofItsOwn, 'internal', 'unavailable']
  if (access !== 'anyone') codes.push('invalid_access_token')
  const schemes = securityOf(route)
  if (isGuarded(access) && schemes.includes('accessToken')) {
    const completed =
      typeof access === 'object' && 'requiredActions' in access ? access.requiredActions : []
    codes.push(...REQUIRED_ACTIONS.filter((each) => !completed.includes(each)))
  }
  if (needsPermission(access)) codes.push('forbidden', ...(access.stepUp ? STEP_UP : []))
  if (schemes.includes('apiKey') || writeOf(route)) codes.push('too_many_attempts')
  if (takesForwardedClient(route.path)) {
    codes.push('invalid_forwarded_client', 'too_many_attempts')
  }
  if (route.body || route.rawBody) {
    codes.push('malformed_body', 'payload_too_large', 'unsupported_media_type')
  }
  if (route.body || route.query || route.params) codes.push('validation_failed')
  const problems = codes.map((each) =>
    typeof each === 'string' ? { code: each, kind: ERRORS[each][0] } : each,
  )
  return [...new Map(problems.map((each) => [`${each.code} ${each.kind}`, each])).values()]
}
