import { expect, it } from 'vitest'
import { routes } from '../../src/app'
import { authorizePages } from '../../src/pages/oauth/authorize'
import { consentPages } from '../../src/pages/oauth/consent'
import { devicePages } from '../../src/pages/oauth/device'
import { signOutPages } from '../../src/pages/oauth/sign-out'
import { isChange, isAuditedRead } from '../support/routes'
import { accountFlows } from './account-flows'
import { auditedReadFlows } from './audited-read-flows'
import { factorFlows } from './factor-flows'
import { oauthFlows } from './oauth-flows'
import { ownAppFlows } from './own-app-flows'
import { pageFlows } from './page-flows'
import { passkeyFlows } from './passkey-flows'
import { staffFlows } from './staff-flows'
import { trustedDeviceFlows } from './trusted-device-flows'

/** What leaves nothing: see test/audit/admin-traces.ts and test/passkeys/sign-in.test.ts. */
const SILENT = ['GET /api/v1/admin/users/{id}/roles', 'POST /api/v1/auth/passkey/options']

it('every route that writes is swept, a look that is recorded too, and what is swept is a route', () => {
  const swept = Object.keys({
    ...accountFlows,
    ...factorFlows,
    ...passkeyFlows,
    ...trustedDeviceFlows,
    ...ownAppFlows,
    ...oauthFlows,
    ...auditedReadFlows,
    ...staffFlows,
  })
  const writes = routes
    .filter((route) => isChange(route) || isAuditedRead(route))
    .map(({ method, path }) => `${method.toUpperCase()} ${path}`)
    .filter((route) => !SILENT.includes(route))
  expect(writes.filter((route) => !swept.includes(route))).toEqual([])
  expect(swept.filter((route) => !writes.includes(route))).toEqual([])
})

it('so is every page that acts for an app', () => {
  const acting = [...authorizePages, ...consentPages, ...devicePages, ...signOutPages].flatMap(
    ({ path, post, actsOnGet }) => [
      ...(actsOnGet ? [`GET ${path}`] : []),
      ...(post ? [`POST ${path}`] : []),
    ],
  )
  expect(Object.keys(pageFlows).sort()).toEqual(acting.sort())
})
