/**
 * What a service is given of the top `secrets` and `configs`: as a variable, or as a file that is
 * written before each start. `secretText` is called so because whoever shows a stack masks fields by
 * their names, too.
 */
export type GivenSecret = Readonly<{
  /** Its name at the top. */
  name: string;
  /** false: of `configs`. */
  secret: boolean;
  /** The variable that holds it; its value stands in the service's environment. null: none does. */
  env: string | null;
  /** Absolute; the file that is written. null: none is. */
  path: string | null;
  /** Permissions of that file. */
  mode: number;
  /** Absolute; it is copied from there at each start. null: it is `secretText`. */
  from: string | null;
  /** null: it is read from `from`. */
  secretText: string | null;
}>;
