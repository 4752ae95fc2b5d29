import type { FC } from 'hono/jsx'
import * as z from 'zod'
import { inviteUser } from '../../registration/invite-user'
import { checkAddress } from '../../credentials/fields'
import { ADMIN_ROLE, DEFAULT_ROLE, permissionsOf } from '../../rbac/permissions'
import { roleMap } from '../../rbac/role-map'
import { emailField } from '../../users/email-address'
import { fullNameField } from '../../users/profile-fields'
import { Field, Form, Submit } from '../components/form'
import { consoleView, done, STAFF, staffForm, type StaffRequest } from './shell'

/** The roles that the visitor could give, by name: those that permit nothing that he may not. */
export async function grantableRoles({ deps, visitor }: StaffRequest): Promise<string[]> {
  const map = await roleMap(deps)
  const own = new Set(permissionsOf(map, visitor.principal.roleIds))
  const isAdmin = visitor.principal.roleIds.some((id) => map.roles.get(id)?.name === ADMIN_ROLE)
  const fits = [...map.roles.values()].filter(
    ({ name, permissions }) => isAdmin || (name !== ADMIN_ROLE && permissions.isSubsetOf(own)),
  )
  return fits.map(({ name }) => name).sort()
}

/** Makes an account for somebody, who then chooses the password himself. */
export const invite = staffForm({
  path: '/admin/users/new',
  access: STAFF,
  fields: z.strictObject({
    email: emailField,
    full_name: fullNameField,
    roles: z.array(z.string().min(1).max(100)).max(20).default([]),
  }),
  alsoCheck: checkAddress('email'),
  show: async (request, form) => {
    const { texts } = request
    const { invite: words } = request.texts.admin
    const roles = (await grantableRoles(request)).filter((name) => name !== DEFAULT_ROLE)
    const chosen = new Set((form.values['roles'] ?? '').split(' '))
    return consoleView(request, {
      title: words.title,
      lead: words.lead,
      main: (
        <section class="panel narrow">
          <Form texts={texts} form={form} action="/admin/users/new">
            <Field
              texts={texts}
              form={form}
              name="email"
              label={words.email}
              type="email"
              isFirst
            />
            <Field texts={texts} form={form} name="full_name" label={words.name} />
            {roles.length > 0 && (
              <fieldset class="choices">
                <legend>{words.roles}</legend>
                <p class="hint">{words.rolesHint}</p>
                <Checks name="roles" values={roles} chosen={chosen} />
              </fieldset>
            )}
            <div class="actions">
              <Submit>{words.submit}</Submit>
              <a class="button quiet" href="/admin/users">
                {texts.frame.cancel}
              </a>
            </div>
          </Form>
        </section>
      ),
    })
  },
  submit: async ({ deps, visitor }, input) => {
    const user = await inviteUser(deps, visitor.principal, {
      email: input.email,
      fullName: input.full_name,
      roles: input.roles,
    })
    return done(`/admin/users/${user.id}`, 'user_invited', user.full_name)
  },
})

export const Checks: FC<{
  name: string
  values: readonly string[]
  chosen: ReadonlySet<string>
  hints?: Readonly<Record<string, string>>
}> = ({ name, values, chosen, hints }) => (
  <>
    {values.map((value) => (
      <label class="check">
        <input type="checkbox" name={name} value={value} checked={chosen.has(value)} />
        <span>
          <span class="mono">{value}</span>
          {hints?.[value] && <span class="hint">{hints[value]}</span>}
        </span>
      </label>
    ))}
  </>
)
