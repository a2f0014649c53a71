// Does its work and ends.
console.log('migrated');
