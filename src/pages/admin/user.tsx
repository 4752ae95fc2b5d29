/** One user: the facts, the roles, and every action, each with a confirmation. */
import type { FC } from 'hono/jsx'
import { hasLiveKeys } from '../../api-keys/list-api-keys'
import { listPasskeys } from '../../passkeys/list'
import type { PasskeyView } from '../../passkeys/passkey-view'
import { grantableRoles } from '../../rbac/grantable-roles'
import { getUser } from '../../user-admin/get-user'
import { type AdminUser, MAX_COUNTED_FAILURES } from '../../user-search/admin-user'
import { findTarget } from '../../users/find-target'
import { Checkbox } from '../components/choices'
import { FactList } from '../components/fact-list'
import { ButtonForm, Hidden } from '../components/form'
import { Panel } from '../components/layout'
import { When } from '../components/time'
import { page, type SignedInRequest, type View } from '../runtime/page'
import { useConsoleTexts, usePage } from '../runtime/page-context'
import { Ask, holds, idOf, STAFF, SYSTEM } from './console'
import { USER_ACTIONS } from './user-action-list'
import { userView } from './user-layout'

/** The page, after a refusal with the reason. */
export async function showUser(request: SignedInRequest): Promise<View> {
  const { deps, visitor } = request
  const id = idOf(request)
  const user = await getUser(deps, visitor.principal, id)
  const { subject } = await findTarget(deps, id)
  const [grantable, passkeys, hasKeys] = await Promise.all([
    grantableRoles(deps, visitor.principal),
    listPasskeys(deps, { userId: id, subject }),
    hasLiveKeys(deps, id),
  ])
  return userView(request, {
    user,
    tab: 'overview',
    main: (
      <div class="columns wide-first">
        <Facts user={user} mayReadLog={holds(request, SYSTEM)} />
        <div class="side">
          <Roles user={user} grantable={grantable} />
          <Passkeys user={user} passkeys={passkeys} />
          <Actions user={user} hasKeys={hasKeys} passkeys={passkeys.length} />
        </div>
      </div>
    ),
  })
}

export const user = page({
  path: '/admin/users/:id',
  access: STAFF,
  show: showUser,
})

/** Encoded: `?`, `&`, `%` and `#` of an address would add fields to the email (RFC 6068 section 2). */
const mailtoOf = (address: string): string =>
  `mailto:${encodeURIComponent(address).replaceAll('%40', '@')}`

interface PartProps {
  user: AdminUser
}
type FactsProps = PartProps & { mayReadLog: boolean }

const Facts: FC<FactsProps> = (props) => {
  const { user: who } = props
  const { number } = usePage().format
  const all = useConsoleTexts()
  const words = all.user
  const when = (at: string | null, otherwise: string) =>
    at === null ? otherwise : <When at={at} />
  return (
    <Panel title={words.facts}>
      <FactList
        facts={[
          [words.id, who.id],
          [words.email, <a href={mailtoOf(who.email)}>{who.email}</a>],
          [words.confirmed, when(who.email_verified_at, words.notConfirmed)],
          [words.secondFactor, who.two_factor_enabled ? words.on : words.off],
          [words.lastSignIn, when(who.last_login_at, all.never)],
          [words.signIns, number(who.login_count)],
          [words.passwordChanged, when(who.password_changed_at, all.never)],
          [words.passwordExpires, when(who.password_expires_at, all.never)],
          [words.lockedUntil, when(who.locked_until, words.notLocked)],
          [words.password, who.password_blocked && words.passwordBlocked],
          [words.failedSignIns, <Failures {...props} />],
          [words.language, who.language],
          [words.created, <When at={who.created_at} />],
          [words.updated, <When at={who.updated_at} />],
          [words.bio, who.bio !== null && <span class="prose">{who.bio}</span>],
        ]}
      />
      <div class="spread">
        <a class="button quiet small" href={`/admin/users/${who.id}/edit`}>
          {words.edit}
        </a>
        <span class="meta">{words.recorded}</span>
      </div>
    </Panel>
  )
}

/** How many in a day, with a link to them for visitors who may read the log. */
const Failures: FC<FactsProps> = ({ user: who, mayReadLog }) => {
  const { user: words } = useConsoleTexts()
  const { number } = usePage().format
  const count = who.failed_sign_ins_24h
  const shown = words.failures(number(count), count >= MAX_COUNTED_FAILURES)
  if (!mayReadLog) return <>{shown}</>
  return <a href={`/admin/audit?address=${encodeURIComponent(who.email)}`}>{shown}</a>
}

const Roles: FC<PartProps & { grantable: readonly string[] }> = ({ user: who, grantable }) => {
  const words = useConsoleTexts().user
  const home = `/admin/users/${who.id}`
  const more = grantable.filter((name) => !who.roles.includes(name))
  return (
    <Panel title={words.roles} lead={words.rolesLead}>
      <ul class="rows tight">
        {who.roles.map((role) => (
          <li>
            <span class="grow mono">{role}</span>
            <ButtonForm action={`${home}/take-role`} label={words.takeRole(role)} fields={{ role }}>
              {words.take}
            </ButtonForm>
          </li>
        ))}
      </ul>
      {more.length === 0 ? (
        <p class="meta">{words.noMoreRoles}</p>
      ) : (
        <form method="post" action={`${home}/give-role`} class="with-button">
          <label for="role" class="hidden">
            {words.giveRole}
          </label>
          <select id="role" name="role" required>
            <option value="">{words.giveRole}</option>
            {more.map((name) => (
              <option value={name}>{name}</option>
            ))}
          </select>
          <button class="button quiet">{words.give}</button>
        </form>
      )}
    </Panel>
  )
}

const Passkeys: FC<PartProps & { passkeys: readonly PasskeyView[] }> = ({
  user: who,
  passkeys,
}) => {
  const words = useConsoleTexts().user
  const isSelf = who.id === usePage().visitor?.user.id
  return (
    <Panel title={words.passkeys}>
      {passkeys.length === 0 && <p class="meta">{words.noPasskeys}</p>}
      <ul class="rows tight">
        {passkeys.map(({ id, name, last_used_at: used }) => (
          <li>
            <div class="grow">
              <p>{name}</p>
              {used !== null && (
                <p class="meta">
                  {words.passkeyLastUsed} <When at={used} />
                </p>
              )}
            </div>
            {!isSelf && (
              <form
                method="post"
                action={`/admin/users/${who.id}/remove-passkey`}
                class="inline"
                data-confirm={words.removePasskeyAsk}
              >
                <Hidden name="passkey_id" value={id} />
                <button class="button quiet small" aria-label={words.removePasskeyLabel(name)}>
                  {words.removePasskey}
                </button>
              </form>
            )}
          </li>
        ))}
      </ul>
    </Panel>
  )
}

const Actions: FC<PartProps & { hasKeys: boolean; passkeys: number }> = (props) => {
  const { user: who, hasKeys, passkeys } = props
  const all = useConsoleTexts()
  const isSelf = who.id === usePage().visitor?.user.id
  const actions = USER_ACTIONS.filter(({ fits }) => fits?.(who, isSelf, passkeys) ?? true)
  return (
    <Panel title={all.user.dangerTitle} lead={all.user.dangerLead}>
      {isSelf && <p class="notice">{all.user.yourself}</p>}
      <div class="asks">
        {actions.map(({ name, isDanger, takesKeys }) => (
          <Ask {...all.actions[name]} action={`/admin/users/${who.id}/${name}`} isDanger={isDanger}>
            {takesKeys && hasKeys && <Checkbox name="keys" label={all.user.alsoKeys} />}
          </Ask>
        ))}
      </div>
    </Panel>
  )
}
