/**
 * Builds the examples in the OpenAPI document from its own schemas, so that they cannot become
 * outdated. The value is the field's own example, a typical value for a field of that name, or the
 * minimum that its type allows.
 */

type Json = Record<string, unknown>

const INSTANT = '2026-01-31T12:00:00.000Z'
const BY_FORMAT: Json = { 'date-time': INSTANT, date: INSTANT.slice(0, 10) }

/** Typical values by field name, used if the field's type and enum allow them. */
const BY_NAME: Json = {
  access_token: 'eyJhbGciOiJFUzI1NiIs...',
  action: 'auth.signed_in',
  avatar_url: 'https://example.com/ada.png',
  bio: 'I write programs for engines.',
  built_in: true,
  challenge_token: 'challenge.eyJzdWJqZWN0Ijoi...',
  code: 'malformed_body',
  country: 'GB',
  dead_at: null,
  description: 'Regular user',
  email: 'ada@example.com',
  error: null,
  expires_in: 3600,
  full_name: 'Ada Lovelace',
  id: '2hJ7wQmVbYc',
  instance: '/api/v1/auth/login',
  ip: '198.51.100.7',
  is_admin: false,
  language: 'en',
  last_error: null,
  max_age_days: 90,
  max_length: 256,
  message: 'Done',
  min_length: 8,
  name: 'user',
  new_email: 'ada@new.example',
  new_password: 'Staple-Battery-8',
  next_cursor: null,
  otpauth_uri: 'otpauth://totp/Gatehouse:ada@example.com?secret=JBSWY3DPEHPK3PXP',
  password: 'Correct-Horse-7',
  current_password: 'Correct-Horse-7',
  path: 'email',
  permissions: ['read:own', 'write:own'],
  preferences: { theme: 'dark' },
  qr_code_svg: '<svg xmlns="http://www.w3.org/2000/svg"/>',
  recovery_codes: ['7K3M-Q9ZD-2W8F-XV4T'],
  refresh_token: 'refresh.eyJzdWJqZWN0Ijoi...',
  request_id: 'b7a1c0de-5f1b-4c59-9d2e-3f6f1b0a9c11',
  restricted: null,
  role: 'moderator',
  roles: ['user'],
  secret: 'JBSWY3DPEHPK3PXP',
  session_id: '2hJ7wQmVbYc',
  sid: '2hJ7wQmVbYc',
  size: 20,
  status: 'active',
  token: 'Kq3vXh0nD8sY2mVw',
  two_factor_enabled: false,
  user_agent: 'Mozilla/5.0',
  username: 'ada@example.com',
}

/**
 * Returns an example of a JSON schema: for an object, with all fields or only the required ones.
 */
export function exampleOf(
  schema: Json,
  about: { $defs?: Json | undefined; name?: string; onlyRequired?: boolean } = {},
): unknown {
  const { $ref, anyOf, properties } = schema as { $ref?: string; anyOf?: Json[]; properties?: Json }
  const { $defs, name, onlyRequired } = about
  if ($ref) return exampleOf($defs?.[$ref.split('/').at(-1) ?? ''] as Json, about)
  if ('example' in schema) return schema['example']
  if ('const' in schema) return schema['const']
  if (name !== undefined && name in BY_NAME && allows(schema, BY_NAME[name])) return BY_NAME[name]
  if (anyOf?.[0]) return exampleOf(anyOf[0], about)
  if (Array.isArray(schema['enum'])) return schema['enum'][0]
  if ('default' in schema) return schema['default']
  if (properties) {
    const fields = onlyRequired ? ((schema['required'] ?? []) as string[]) : Object.keys(properties)
    return Object.fromEntries(
      fields.map((field) => [field, exampleOf(properties[field] as Json, { $defs, name: field })]),
    )
  }
  switch (typeOf(schema)) {
    case 'array':
      return [exampleOf(schema['items'] as Json, { $defs })]
    case 'integer':
    case 'number':
      return 1
    case 'boolean':
      return true
    case 'string':
      return BY_FORMAT[String(schema['format'])] ?? 'text'
    default:
      return {}
  }
}

const typeOf = ({ type }: Json): unknown => (Array.isArray(type) ? type[0] : type)

/** Whether a schema allows a value. */
function allows(schema: Json, value: unknown): boolean {
  const choices = (schema['anyOf'] as Json[] | undefined) ?? [schema]
  const types = choices.flatMap(({ type }) => type)
  const values = choices.flatMap((each) => (each['enum'] as unknown[] | undefined) ?? [])
  if (value === null) return types.includes('null')
  if (values.length > 0) return values.includes(value)
  return types.includes(
    Array.isArray(value) ? 'array' : Number.isInteger(value) ? 'integer' : typeof value,
  )
}
