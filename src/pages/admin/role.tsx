/** One role: created, edited, deleted. A role permits nothing that its author may not do. */
import type { FC } from 'hono/jsx'
import * as z from 'zod'
import { changeRole, createRole, deleteRole, roleNameField } from '../../rbac/define-role'
import { getRole, listPermissions, type PermissionView, type RoleView } from '../../rbac/list-roles'
import { ADMIN_ROLE } from '../../rbac/permissions'
import { Checkboxes } from '../components/choices'
import { Field } from '../components/fields'
import { Form } from '../components/form'
import { StepUpFields } from '../components/step-up'
import { formPage } from '../runtime/form-page'
import type { SignedInRequest, View } from '../runtime/page'
import { useConsoleTexts } from '../runtime/page-context'
import { confirmIdentity, proofFields } from '../runtime/proof-fields'
import { Ask, consoleView, done, SYSTEM } from './console'
import { provedButton } from './proved-button'

const HOME = '/admin/roles'
const definition = () => ({
  description: z.string().max(500).default(''),
  permissions: z.array(z.string().max(100)).max(200).default([]),
})

export const newRole = formPage({
  path: '/admin/roles/new',
  access: SYSTEM,
  fields: () => z.strictObject({ name: roleNameField, ...definition(), ...proofFields }),
  show: async (request) => {
    const { roles: words } = request.texts.admin
    const permissions = await listPermissions(request.deps)
    return consoleView(request, {
      title: words.create,
      lead: words.createLead,
      main: (
        <section class="panel narrow">
          <Form action={`${HOME}/new`} submit={words.submitNew} cancel={{ href: HOME }}>
            <Field name="name" label={words.name} hint={words.nameHint} maxlength={50} isFirst />
            <Definition permissions={permissions} />
            <StepUpFields />
          </Form>
        </section>
      ),
    })
  },
  submit: async (request, { name, description, permissions, ...posted }) => {
    const { deps, visitor } = request
    await confirmIdentity(request, posted)
    await createRole(deps, visitor.principal, name, { description, permissions })
    return done(HOME, 'role_created', name)
  },
})

const Definition: FC<{ permissions: readonly PermissionView[] }> = ({ permissions }) => {
  const { roles: words } = useConsoleTexts()
  return (
    <>
      <Field name="description" label={words.description} maxlength={500} isOptional />
      <fieldset class="choices">
        <legend>{words.permits}</legend>
        <Checkboxes
          name="permissions"
          values={permissions.map(({ name }) => name)}
          hints={Object.fromEntries(permissions.map((each) => [each.name, each.description]))}
        />
      </fieldset>
    </>
  )
}

const nameOf = ({ params }: SignedInRequest): string => params.name

async function showRole(request: SignedInRequest): Promise<View> {
  const [role, permissions] = await Promise.all([
    getRole(request.deps, nameOf(request)),
    listPermissions(request.deps),
  ])
  const { roles: words } = request.texts.admin
  const { form } = request
  // A refused deletion brings no fields along: the form shows the role as it is.
  const isTyped = form.values['description'] !== undefined
  const stored = { description: role.description, permissions: role.permissions.join(' ') }
  const shown = isTyped ? form : { ...form, values: stored }
  return consoleView(request, {
    title: role.name,
    lead: <a href={`/admin/users?role=${role.name}`}>{words.holders}</a>,
    main: (
      <>
        <section class="panel narrow">
          {role.name === ADMIN_ROLE ? (
            <p>{words.admin}</p>
          ) : (
            <Form
              state={shown}
              action={`${HOME}/edit/${role.name}`}
              submit={request.texts.layout.save}
              cancel={{ href: HOME }}
            >
              <Definition permissions={permissions} />
              <StepUpFields />
            </Form>
          )}
        </section>
        <Removal role={role} />
      </>
    ),
  })
}

const Removal: FC<{ role: RoleView }> = ({ role }) => {
  const { roles: words } = useConsoleTexts()
  if (role.built_in) return <p class="meta">{words.removeBuiltIn}</p>
  return (
    <Ask
      label={words.remove}
      explain={words.removeLead}
      action={`${HOME}/delete/${role.name}`}
      isDanger
    />
  )
}

export const role = formPage({
  path: '/admin/roles/edit/:name',
  access: SYSTEM,
  fields: () => z.strictObject({ ...definition(), ...proofFields }),
  show: showRole,
  submit: async (request, { description, permissions, ...posted }) => {
    const { deps, visitor } = request
    const name = nameOf(request)
    await confirmIdentity(request, posted)
    await changeRole(deps, visitor.principal, name, { description, permissions })
    return done(HOME, 'role_saved', name)
  },
})

export const removeRolePage = provedButton({
  path: '/admin/roles/delete/:name',
  home: (request) => `${HOME}/edit/${nameOf(request)}`,
  show: showRole,
  submit: async (request, posted) => {
    const name = nameOf(request)
    await confirmIdentity(request, posted)
    await deleteRole(request.deps, request.visitor.principal, name)
    return done(HOME, 'role_deleted', name)
  },
})
