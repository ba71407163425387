import { mkdirSync, readdirSync, rmSync } from "node:fs";

const OURS = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.csv$/;

/** Where the file of an upload is built. */
export const filePath = (folder: string, upload: { readonly uuid: string }) => `${folder}/${upload.uuid}.csv`;

/**
 * Makes the folder for files on their way to Metrika and removes what a process that died halfway left there: each file is
 * built again from the database. Nothing else is touched, since the folder may have been somebody's before.
 */
export function prepareFilesFolder(folder: string): string {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const name of readdirSync(folder)) if (OURS.test(name)) rmSync(`${folder}/${name}`, { force: true });
  return folder;
}
