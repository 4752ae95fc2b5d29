/** The version has one source, package.json. Everything else that names one says the same. */
import { expect, test } from 'vitest'
import changelog from '../../CHANGELOG.md?raw'
import clientPage from '../../docs/client.md?raw'
import lock from '../../package-lock.json'
import { version } from '../../package.json'
import client from '../../packages/client/package.json'
import hono from '../../packages/hono/package.json'
import react from '../../packages/react/package.json'
import { get } from '../support/api'

test('the API document, the packages, the lock file and the changelog name it', async () => {
  const { body: document } = await get('/openapi.json')
  const { '': root, 'packages/client': locked } = lock.packages
  const { 'packages/hono': lockedHono, 'packages/react': lockedReact } = lock.packages
  expect({
    document: document.info.version,
    packages: [client.version, hono.version, react.version],
    needs: react.dependencies['@gatehouse/client'],
    lock: [lock.version, root.version, locked.version, lockedHono.version, lockedReact.version],
    tarball: /gatehouse-client-([\d.]+)\.tgz/.exec(clientPage)?.[1],
    changelog: /^## \[([\d.]+)\]/m.exec(changelog)?.[1],
  }).toEqual({
    document: version,
    packages: [version, version, version],
    needs: version,
    lock: [version, version, version, version, version],
    tarball: version,
    changelog: version,
  })
})
