/** The fields of the form about an app, by kind. */
import type { FC } from 'hono/jsx'
import { isPublic } from '../../apps/app-fields'
import type { Resource } from '../../apps/list-resources'
import type { AppKind } from '../../apps/redirect-uri'
import { STANDARD_SCOPES } from '../../apps/scopes'
import { Checkbox, Checkboxes, Select } from '../components/choices'
import { Field } from '../components/fields'
import { useConsoleTexts } from '../runtime/page-context'

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
      {kind !== 'machine' && <SignInOptions kind={kind} />}
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
        <Field
          name="backchannel_logout_uri"
          label={words.backchannelUri}
          hint={words.backchannelHint}
          type="url"
          isOptional
        />
      )}
      {kind !== 'native' && (
        <Field
          name="initiate_login_uri"
          label={words.initiateUri}
          hint={words.initiateHint}
          type="url"
          isOptional
        />
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

export const WhoMay: FC<Pick<Choices, 'permissions'>> = ({ permissions }) => {
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
          { value: 'private_key_jwt', label: words.authMethods.key },
        ]}
      />
      <div class="own-keys">
        <Field name="jwks" label={words.jwks} hint={words.jwksHint} rows={4} isOptional />
      </div>
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

const SignInOptions: FC<{ kind: AppKind }> = ({ kind }) => {
  const { apps: words } = useConsoleTexts()
  return (
    <>
      <Select
        name="id_token_alg"
        label={words.idTokenAlg}
        options={[
          { value: 'RS256', label: words.idTokenAlgs.RS256 },
          { value: 'ES256', label: words.idTokenAlgs.ES256 },
        ]}
      />
      {(kind === 'web' || kind === 'native') && (
        <Checkbox name="device_flow" label={words.deviceFlow} />
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
