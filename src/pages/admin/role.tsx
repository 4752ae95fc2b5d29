/** One role: made, edited, deleted. A role permits no more than whoever defines it may. */
import type { FC } from 'hono/jsx'
import * as z from 'zod'
import { changeRole, createRole, deleteRole, roleNameField } from '../../rbac/define-role'
import { getRole, listPermissions, type PermissionView, type RoleView } from '../../rbac/list-roles'
import { ADMIN_ROLE } from '../../rbac/permissions'
import { Field, Form, Submit } from '../components/form'
import { type FormState, filledForm } from '../runtime/form-state'
import type { View } from '../runtime/page'
import { Checks } from './invite'
import { Ask, consoleView, done, staffForm, type StaffRequest, SYSTEM } from './shell'

const HOME = '/admin/roles'
const definition = {
  description: z.string().max(500).default(''),
  permissions: z.array(z.string().max(100)).max(200).default([]),
}

export const newRole = staffForm({
  path: '/admin/roles/new',
  access: SYSTEM,
  fields: z.strictObject({ name: roleNameField, ...definition }),
  show: async (request, form) => {
    const { roles: words } = request.texts.admin
    const permissions = await listPermissions(request.deps)
    return consoleView(request, {
      title: words.create,
      lead: words.createLead,
      main: (
        <section class="panel narrow">
          <Form texts={request.texts} form={form} action={`${HOME}/new`}>
            <Field
              texts={request.texts}
              form={form}
              name="name"
              label={words.name}
              hint={words.nameHint}
              maxlength={50}
              isFirst
            />
            <Definition request={request} form={form} permissions={permissions} />
            <Buttons request={request} submit={words.submitNew} />
          </Form>
        </section>
      ),
    })
  },
  submit: async ({ deps, visitor }, { name, ...role }) => {
    await createRole(deps, visitor.principal, name, role)
    return done(HOME, 'role_created', name)
  },
})

const Definition: FC<{
  request: StaffRequest
  form: FormState
  permissions: readonly PermissionView[]
}> = ({ request, form, permissions }) => {
  const { roles: words } = request.texts.admin
  return (
    <>
      <Field
        texts={request.texts}
        form={form}
        name="description"
        label={words.description}
        maxlength={500}
        isOptional
      />
      <fieldset class="choices">
        <legend>{words.permits}</legend>
        <Checks
          name="permissions"
          values={permissions.map(({ name }) => name)}
          chosen={new Set((form.values['permissions'] ?? '').split(' '))}
          hints={Object.fromEntries(permissions.map((each) => [each.name, each.description]))}
        />
      </fieldset>
    </>
  )
}

const Buttons: FC<{ request: StaffRequest; submit: string }> = ({ request, submit }) => (
  <div class="actions">
    <Submit>{submit}</Submit>
    <a class="button quiet" href={HOME}>
      {request.texts.frame.cancel}
    </a>
  </div>
)

const nameOf = ({ params }: StaffRequest): string => params['name'] ?? ''

async function showRole(request: StaffRequest, form: FormState): Promise<View> {
  const [role, permissions] = await Promise.all([
    getRole(request.deps, nameOf(request)),
    listPermissions(request.deps),
  ])
  const { roles: words } = request.texts.admin
  // A deletion was refused: what the role is has not been touched.
  const isTyped = form.error !== undefined && form.values['description'] !== undefined
  const shown = isTyped
    ? form
    : {
        ...form,
        ...filledValues({ description: role.description, permissions: role.permissions.join(' ') }),
      }
  return consoleView(request, {
    title: role.name,
    lead: <a href={`/admin/users?role=${role.name}`}>{words.holders}</a>,
    main: (
      <>
        <section class="panel narrow">
          {role.name === ADMIN_ROLE ? (
            <p>{words.admin}</p>
          ) : (
            <Form texts={request.texts} form={shown} action={`${HOME}/edit/${role.name}`}>
              <Definition request={request} form={shown} permissions={permissions} />
              <Buttons request={request} submit={request.texts.frame.save} />
            </Form>
          )}
        </section>
        <Removal request={request} role={role} />
      </>
    ),
  })
}

const filledValues = (values: Record<string, string>) => ({ values: filledForm(values).values })

const Removal: FC<{ request: StaffRequest; role: RoleView }> = ({ request, role }) => {
  const { roles: words } = request.texts.admin
  if (role.built_in) return <p class="meta">{words.removeBuiltIn}</p>
  return (
    <Ask
      label={words.remove}
      explain={words.removeLead}
      confirm={words.remove}
      action={`${HOME}/delete/${role.name}`}
      isDanger
    />
  )
}

export const role = staffForm({
  path: '/admin/roles/edit/:name',
  access: SYSTEM,
  fields: z.strictObject(definition),
  show: showRole,
  submit: async (request, change) => {
    const name = nameOf(request)
    await changeRole(request.deps, request.visitor.principal, name, change)
    return done(HOME, 'role_saved', name)
  },
})

export const removeRolePage = staffForm({
  path: '/admin/roles/delete/:name',
  access: SYSTEM,
  fields: z.strictObject({}),
  home: (request) => `${HOME}/edit/${nameOf(request)}`,
  show: showRole,
  submit: async (request) => {
    const name = nameOf(request)
    await deleteRole(request.deps, request.visitor.principal, name)
    return done(HOME, 'role_deleted', name)
  },
})
