/** The form about an API: its fields, and what was posted as the API's fields. Scopes are typed one a line. */
import type { FC } from 'hono/jsx'
import * as z from 'zod'
import type { Resource } from '../../apps/list-resources'
import { newResourceFields, resourceChangeFields } from '../../apps/resource-fields'
import type { FieldIssue } from '../../errors'
import { Checkbox } from '../components/choices'
import { Field } from '../components/fields'
import { useConsoleTexts } from '../runtime/page-context'
import { postedFields } from './posted-fields'

const text = (max: number) => z.string().max(max).default('')
/** The fields that forms about APIs post. */
export const resourceFormFields = () => ({
  name: text(400),
  minutes: text(10),
  scopes: text(20_000),
  open_to_metadata_apps: z.literal('true').optional(),
})
type Posted = z.output<z.ZodObject<ReturnType<typeof resourceFormFields>>>

/** `orders:write write:all Change your orders`: name, permission (`-`: none) and description. */
function toScope(line: string) {
  const [name = '', permission = '-', ...words] = line.split(/\s+/)
  return { name, permission: permission === '-' ? null : permission, description: words.join(' ') }
}
export const fromScope = ({ name, permission, description }: Resource['scopes'][number]): string =>
  [name, permission ?? '-', description].join(' ').trim()

const toFields = ({ name, minutes, scopes, open_to_metadata_apps: isOpen }: Posted) => ({
  name,
  token_ttl_seconds: Number(minutes) * 60,
  open_to_metadata_apps: isOpen !== undefined,
  scopes: scopes
    .split(/[\r\n]+/)
    .filter((line) => line.trim() !== '')
    .map((line) => toScope(line.trim())),
})

/** The new API that was posted. Throws `validation_failed`. */
export const newResourceOf = (identifier: string, posted: Posted) =>
  postedFields(z.object(newResourceFields()), { identifier, ...toFields(posted) }, inMinutes)

/** The change that was posted. Throws `validation_failed`. */
export const resourceChangeOf = (posted: Posted) =>
  postedFields(z.object(resourceChangeFields()), toFields(posted), inMinutes)

/** The form has minutes where the API has seconds. */
const inMinutes = (issue: FieldIssue): FieldIssue =>
  issue.path === 'token_ttl_seconds' ? { ...issue, path: 'minutes', code: 'invalid_format' } : issue

export const ResourceFields: FC = () => {
  const { resources: words } = useConsoleTexts()
  return (
    <>
      <Field name="name" label={words.name} maxlength={100} />
      <Field
        name="minutes"
        label={words.minutes}
        hint={words.minutesHint}
        inputmode="numeric"
        maxlength={2}
      />
      <Field name="scopes" label={words.scopes} hint={words.scopesHint} rows={5} isOptional />
      <Checkbox name="open_to_metadata_apps" label={words.openToAll} />
    </>
  )
}
