/** The profile: what users say of themselves, and how the pages look to them. */
import type { FC } from 'hono/jsx'
import * as z from 'zod'
import { detailsSignal } from '../../passkeys/browser-signals'
import { hasTexts, languages } from '../../texts/languages'
import { avatarUrlField, bioField, fullNameField, languageField } from '../../users/profile-fields'
import { updateProfile } from '../../users/update-profile'
import { Avatar } from '../components/avatar'
import { Select } from '../components/choices'
import { FactList } from '../components/fact-list'
import { Field } from '../components/fields'
import { Form } from '../components/form'
import { Panel } from '../components/layout'
import { PASSKEY_SCRIPT, PasskeySignal } from '../components/passkey-button'
import { When } from '../components/time'
import { askedField } from '../runtime/address'
import { formPage } from '../runtime/form-page'
import { isZone } from '../runtime/format'
import { localPath, withNext } from '../runtime/local-path'
import { redirect, type Visitor } from '../runtime/page'
import { useForm, usePage } from '../runtime/page-context'
import { THEMES, themeOf, timeZoneOf, timeZones } from '../runtime/preferences'
import { accountArea } from './account-area'
import { ApplicationPreferences, removePreference } from './application-preferences'
import { offersPasskey, PasskeyOffer } from './passkey-offer'

const Fields = () =>
  z.strictObject({
    bio: bioField.nullable().optional(),
    avatar_url: avatarUrlField.nullable().optional(),
    language: languageField,
  })

const valuesOf = ({ user }: Visitor) => ({
  full_name: user.full_name,
  avatar_url: user.avatar_url,
  bio: user.bio,
  language: user.language,
  theme: themeOf(user),
  time_zone: timeZoneOf(user),
})

/** The fields of the profile that the welcome page has too. */
const ProfileFields: FC = () => {
  const words = usePage().texts.account.profile
  const own = useForm().values['language']
  return (
    <>
      <Field
        name="avatar_url"
        label={words.avatar}
        hint={words.avatarHint}
        type="url"
        placeholder="https://"
        autocomplete="photo"
        maxlength={500}
        isOptional
      />
      <Field name="bio" label={words.bio} rows={4} isOptional />
      <Select name="language" label={words.language} options={languageOptions(own)} />
    </>
  )
}

/** The languages with a catalogue, and the account's own, which saving must not change. */
function languageOptions(own: string | undefined) {
  const all = Object.entries(languages).map(([value, { layout }]) => ({
    value,
    label: layout.languageName,
  }))
  const { data } = languageField.safeParse(own)
  const isMore = data !== undefined && !hasTexts(data)
  return isMore ? [...all, { value: data, label: data }] : all
}

const profile = formPage({
  path: '/account',
  access: 'session',
  fields: () =>
    Fields().extend({
      full_name: fullNameField,
      theme: z.enum(THEMES),
      time_zone: z
        .string()
        .refine((zone) => zone === '' || isZone(zone))
        .default(''),
    }),
  show: (request) => {
    const { texts, visitor, format, deps } = request
    const { user, principal } = visitor
    // Not beside a form that was refused: its faults come first.
    const isOffered = request.form.error === undefined && offersPasskey(request)
    const words = texts.account.profile
    // The newest sign-in may not have been counted yet.
    const lastSignIn = user.last_login_at ?? principal.session.createdAt
    const themes = THEMES.map((value) => ({ value, label: words.themes[value] }))
    const zones = timeZones(timeZoneOf(user)).map((value) => ({
      value,
      label: value.replaceAll('_', ' '),
    }))
    return {
      ...accountArea(texts),
      scripts: isOffered || principal.hasPasskey ? [PASSKEY_SCRIPT] : [],
      title: words.title,
      main: (
        <>
          {isOffered && <PasskeyOffer />}
          {principal.hasPasskey && (
            <PasskeySignal
              signals={detailsSignal(deps.config, { ...user, subject: principal.subject })}
            />
          )}
          <section class="panel">
            <div class="person">
              <Avatar user={user} />
              <div>
                <h2>{user.full_name}</h2>
                <p class="meta">{user.email}</p>
              </div>
            </div>
            <Form values={valuesOf(visitor)} submit={texts.layout.save}>
              <Field name="full_name" label={texts.signedOut.fullName} autocomplete="name" />
              <ProfileFields />
              <Select
                name="time_zone"
                label={words.timeZone}
                options={[{ value: '', label: words.whereIAm }, ...zones]}
              />
              <Select name="theme" label={words.theme} options={themes} />
            </Form>
          </section>
          <Panel title={words.facts}>
            <FactList
              facts={[
                [words.memberSince, format.date(user.created_at)],
                [words.lastSignIn, <When at={lastSignIn} />],
                [words.roles, user.roles.join(', ')],
              ]}
            />
          </Panel>
          <ApplicationPreferences user={user} />
        </>
      ),
    }
  },
  submit: async ({ deps, visitor }, { theme, time_zone: zone, ...fields }) => {
    const preferences = { theme, time_zone: zone === '' ? null : zone }
    await updateProfile(deps, visitor.principal, { ...fields, preferences })
    return redirect('/account', { flash: 'profile_saved' })
  },
})

/** Shown once, at the first sign-in. Fields may stay empty. */
const welcome = formPage({
  path: '/welcome',
  access: 'session',
  query: () => z.object({ next: askedField }),
  fields: Fields,
  show: ({ texts, visitor, query }) => {
    const words = texts.account.welcome
    const next = localPath(query.next)
    return {
      title: words.title(visitor.user.full_name),
      lead: words.lead,
      main: (
        <>
          <Form
            action={withNext('/welcome', next)}
            values={valuesOf(visitor)}
            submit={words.submit}
            isWide
          >
            <ProfileFields />
          </Form>
          <p class="card-foot">
            <a href={next}>{words.skip}</a>
          </p>
        </>
      ),
    }
  },
  submit: async ({ deps, visitor, query }, fields) => {
    await updateProfile(deps, visitor.principal, fields)
    return redirect(localPath(query.next), { flash: 'profile_saved' })
  },
})

export const profilePages = [profile, removePreference, welcome]
