/**
 * Shared by the tests that go over all routes: which routes take a field, and a repeatable setup.
 */
import { env } from 'cloudflare:workers'
import { routes } from '../../src/app'
import { post, type Reply } from './api'
import { onlyAdmins } from './roles'

export const FULL_NAME = { full_name: 'Zebedee Quux' }

/**
 * Runs the setup as if there were no admin yet. Afterwards there is one again, whatever the
 * response was.
 */
export async function setUp(root: { id: number }, email: string, password: string): Promise<Reply> {
  await onlyAdmins()
  const body = { token: env.SETUP_TOKEN, email, password, ...FULL_NAME }
  const reply = await post('/api/v1/setup', body)
  await env.DB.prepare(
    "INSERT INTO user_roles (user_id, role_id, assigned_at) SELECT ?, id, 0 FROM roles WHERE name = 'admin'",
  )
    .bind(root.id)
    .run()
  return reply
}

/** Routes whose body has one of these fields. */
export const taking = (...fields: string[]) =>
  routes
    .filter(({ body }) => fields.some((field) => Object.hasOwn(Object(body?.().shape), field)))
    .map(({ method, path }) => `${method.toUpperCase()} ${path}`)
    .sort()
