import { expect, it } from 'vitest'
import { routes } from '../../src/app'
import { accountFlows } from './account-flows'
import { factorFlows } from './factor-flows'
import { staffFlows } from './staff-flows'

it('every route that writes is swept, and what is swept is a route', () => {
  const swept = Object.keys({ ...accountFlows, ...factorFlows, ...staffFlows })
  const writes = routes
    .filter(({ method }) => method !== 'get')
    .map(({ method, path }) => `${method.toUpperCase()} ${path}`)
  expect(writes.filter((route) => !swept.includes(route))).toEqual([])
  expect(swept.filter((route) => !writes.includes(route))).toEqual([])
})
