import * as z from 'zod'
import { route } from '../http/route'
import {
  deviceNameField,
  endAllTrust,
  endTrust,
  listTrustedDevices,
  renameTrustedDevice,
  TrustedDeviceList,
} from '../sessions/own-trusted-devices'

const TAG = 'Trusted browsers'
const PATH = '/api/v1/users/trusted-devices'
const byId = () => z.strictObject({ id: z.string().min(1).max(100) })

const list = route(
  {
    method: 'get',
    path: PATH,
    access: 'session',
    docs: __DOCS__ && {
      tag: TAG,
      summary: 'List your trusted browsers',
      answers: {
        200: { description: 'The browsers, most recently used first', schema: TrustedDeviceList },
      },
    },
  },
  async ({ deps, principal }) => ({
    status: 200,
    body: { items: await listTrustedDevices(deps, principal) },
  }),
)

const rename = route(
  {
    method: 'patch',
    path: `${PATH}/{id}`,
    access: 'session',
    params: byId,
    body: () => z.strictObject({ name: deviceNameField.nullable() }),
    docs: __DOCS__ && {
      tag: TAG,
      summary: 'Name a trusted browser',
      description: '`null` removes the name.',
      answers: { 204: { description: 'The browser has the name' } },
      problems: ['not_found'],
    },
  },
  async ({ deps, principal, params, body }) => {
    await renameTrustedDevice(deps, principal, params.id, body.name)
    return { status: 204 }
  },
)

const endOne = route(
  {
    method: 'delete',
    path: `${PATH}/{id}`,
    access: 'session',
    params: byId,
    docs: __DOCS__ && {
      tag: TAG,
      summary: 'Stop trusting a browser',
      description: 'Its sessions stay. Its next sign-in takes the second step.',
      answers: { 204: { description: 'The browser is no longer trusted' } },
      problems: ['not_found'],
    },
  },
  async ({ deps, principal, params }) => {
    await endTrust(deps, principal, params.id)
    return { status: 204 }
  },
)

const endAll = route(
  {
    method: 'delete',
    path: PATH,
    access: 'session',
    docs: __DOCS__ && {
      tag: TAG,
      summary: 'Stop trusting all browsers',
      answers: { 204: { description: 'No browser is trusted' } },
    },
  },
  async ({ deps, principal }) => {
    await endAllTrust(deps, principal)
    return { status: 204 }
  },
)

export const trustedDeviceRoutes = [list, rename, endOne, endAll]
