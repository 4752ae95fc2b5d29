/** The form about an app: its fields by kind, and what was posted as the API's fields. */
import type { FC } from 'hono/jsx'
import * as z from 'zod'
import { appChangeFields, newAppFields } from '../../apps/app-fields'
import { isPublic } from '../../apps/app-fields'
import type { Resource } from '../../apps/list-resources'
import type { AppKind } from '../../apps/redirect-uri'
import { STANDARD_SCOPES } from '../../apps/scopes'
import { invalidFields } from '../../errors'
import { fieldIssues } from '../../http/field-issues'
import { Checkbox, Checkboxes, Select } from '../components/choices'
import { Field } from '../components/fields'
import { useConsoleTexts } from '../runtime/page-context'

const MAX_LIST_CHARS = 10_000
const text = () => z.string().max(2000).default('')
const uris = () => z.string().max(MAX_LIST_CHARS).default('')
const names = () => z.array(z.string().max(500)).max(200).default([])

/** What forms about apps post. */
export const appFormFields = () => ({
  name: z.string().max(400).default(''),
  redirect_uris: uris(),
  post_logout_redirect_uris: uris(),
  backchannel_logout_uri: text(),
  initiate_login_uri: text(),
  logo_uri: text(),
  policy_uri: text(),
  tos_uri: text(),
  scopes: names(),
  resources: names(),
  required_permission: text(),
  auth_method: text(),
  pkce: text(),
})
type Posted = z.output<z.ZodObject<ReturnType<typeof appFormFields>>>

const lines = (posted: string): string[] =>
  posted.split(/[\r\n]+/).flatMap((line) => line.trim() || [])
const orNull = (posted: string): string | null => posted.trim() || null

/** The fields as the API takes them. An empty choice is left to the default. */
const toFields = (posted: Posted) => ({
  name: posted.name,
  redirect_uris: lines(posted.redirect_uris),
  post_logout_redirect_uris: lines(posted.post_logout_redirect_uris),
  backchannel_logout_uri: orNull(posted.backchannel_logout_uri),
  initiate_login_uri: orNull(posted.initiate_login_uri),
  logo_uri: orNull(posted.logo_uri),
  policy_uri: orNull(posted.policy_uri),
  tos_uri: orNull(posted.tos_uri),
  scopes: posted.scopes,
  resources: posted.resources,
  required_permission: orNull(posted.required_permission),
  auth_method: posted.auth_method || undefined,
  pkce: posted.pkce || undefined,
})

/** The definition of a new app that was posted. Throws `validation_failed`. */
export const newAppOf = (posted: Posted, kind: AppKind, isOwn: boolean) =>
  parsed(z.object(newAppFields()), { ...toFields(posted), kind, first_party: isOwn })

/** The change that was posted. Throws `validation_failed`. */
export const appChangeOf = (posted: Posted) => parsed(z.object(appChangeFields()), toFields(posted))

function parsed<S extends z.ZodObject>(schema: S, fields: object): z.output<S> {
  const result = schema.safeParse(fields, { reportInput: true })
  if (result.success) return result.data
  throw invalidFields(fieldIssues(result.error))
}

interface Choices {
  readonly kind: AppKind
  readonly isNew: boolean
  readonly resources: readonly Resource[]
  readonly permissions: readonly string[]
}

export const AppFields: FC<Choices> = (choices) => {
  const { apps: words } = useConsoleTexts()
  const { kind, isNew } = choices
  return (
    <>
      <Field name="name" label={words.name} maxlength={100} isFirst={isNew} />
      {isNew && kind !== 'machine' && <Checkbox name="first_party" label={words.firstParty} />}
      {kind !== 'machine' && <Addresses kind={kind} />}
      <Scopes {...choices} />
      {kind !== 'machine' && <WhoMay permissions={choices.permissions} />}
      {!isPublic(kind) && <Proofs kind={kind} />}
      {!isNew && kind !== 'machine' && <About />}
    </>
  )
}

/** The script apps.js checks each line as it is typed. */
const Addresses: FC<{ kind: AppKind }> = ({ kind }) => {
  const { apps: words } = useConsoleTexts()
  return (
    <>
      <div data-check-uris={kind} data-fine={words.fine}>
        <Field
          name="redirect_uris"
          label={words.redirectUris}
          hint={words.redirectHints[kind]}
          rows={3}
          isOptional={kind === 'native'}
        />
      </div>
      <div data-check-uris={kind} data-fine={words.fine}>
        <Field
          name="post_logout_redirect_uris"
          label={words.postLogoutUris}
          hint={words.postLogoutHint}
          rows={2}
          isOptional
        />
      </div>
      {kind === 'web' && (
        <>
          <Field
            name="backchannel_logout_uri"
            label={words.backchannelUri}
            hint={words.backchannelHint}
            type="url"
            isOptional
          />
          <Field name="initiate_login_uri" label={words.initiateUri} type="url" isOptional />
        </>
      )}
    </>
  )
}

const Scopes: FC<Choices> = ({ kind, resources }) => {
  const { apps: words } = useConsoleTexts()
  const own = resources.flatMap(({ scopes }) => scopes)
  const standard = kind === 'machine' ? [] : STANDARD_SCOPES
  const values = [...new Set([...standard, ...own.map(({ name }) => name)])]
  return (
    <>
      {resources.length > 0 && (
        <fieldset class="choices">
          <legend>{words.apis}</legend>
          <Checkboxes
            name="resources"
            values={resources.map(({ identifier }) => identifier)}
            hints={Object.fromEntries(resources.map((each) => [each.identifier, each.name]))}
          />
        </fieldset>
      )}
      {values.length > 0 && (
        <fieldset class="choices">
          <legend>{words.scopes}</legend>
          <Checkboxes
            name="scopes"
            values={values}
            hints={{
              ...Object.fromEntries(own.map(({ name, description }) => [name, description])),
              ...words.scopeHints,
            }}
          />
        </fieldset>
      )}
    </>
  )
}

const WhoMay: FC<Pick<Choices, 'permissions'>> = ({ permissions }) => {
  const { apps: words } = useConsoleTexts()
  return (
    <Select
      name="required_permission"
      label={words.whoMay}
      options={[
        { value: '', label: words.everyUser },
        ...permissions.map((name) => ({ value: name, label: words.usersWith(name) })),
      ]}
    />
  )
}

const Proofs: FC<{ kind: AppKind }> = ({ kind }) => {
  const { apps: words } = useConsoleTexts()
  return (
    <>
      <Select
        name="auth_method"
        label={words.authMethod}
        options={[
          { value: 'client_secret_basic', label: words.authMethods.basic },
          { value: 'client_secret_post', label: words.authMethods.post },
        ]}
      />
      {kind === 'web' && (
        <Select
          name="pkce"
          label={words.pkce}
          options={[
            { value: 'required', label: words.pkceRequired },
            { value: 'optional', label: words.pkceOptional },
          ]}
        />
      )}
    </>
  )
}

const About: FC = () => {
  const { apps: words } = useConsoleTexts()
  return (
    <>
      <Field name="logo_uri" label={words.logo} type="url" isOptional />
      <Field name="policy_uri" label={words.policy} type="url" isOptional />
      <Field name="tos_uri" label={words.terms} type="url" isOptional />
    </>
  )
}
