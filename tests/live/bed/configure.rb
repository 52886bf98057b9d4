# Turns a migrated, empty database into a Redmine as an administrator leaves it: default data, REST on, no mail,
# and the accounts a PMO asks for. Run by `bin/rails runner`, never in the process that migrated.

raise 'migrate first' unless IssueStatus.table_exists?

Redmine::DefaultData::Loader.load('en') if IssueStatus.none? # raises where the rake task only prints
raise 'the default data did not load' if IssueStatus.count < 6 || Tracker.count < 3

{
  'rest_api_enabled' => '1', 'login_required' => '0', 'default_language' => 'en', 'notified_events' => [],
  'cross_project_subtasks' => 'system', 'cross_project_issue_relations' => '1', 'host_name' => '127.0.0.1'
}.each { |name, value| Setting[name] = value }

KEYS = {
  'admin' => 'a' * 40, 'pmo-bot' => 'b' * 40, 'pmo-reader' => 'c' * 40, 'pmo-editor' => 'd' * 40, 'pmo-left' => 'e' * 40
}.freeze

def give_key(user, value)
  token = Token.find_by(:user_id => user.id, :action => 'api') || Token.create!(:user => user, :action => 'api')
  token.update_column(:value, value)
end

def person(login, first, last)
  user = User.find_by_login(login) || User.new
  user.login = login
  user.firstname = first
  user.lastname = last
  user.mail = "#{login}@example.net"
  user.mail_notification = 'none'
  user.password = user.password_confirmation = "secret of #{login}" if user.new_record?
  user.save!
  user
end

admin = User.find_by_login('admin')
admin.must_change_passwd = false
admin.mail_notification = 'none'
admin.save!(:validate => false)
give_key(admin, KEYS['admin'])

READ = %i[view_project view_issues view_time_entries view_wiki_pages view_private_notes].freeze
EDIT = %i[edit_issues add_issue_notes set_notes_private].freeze
{
  'pmo-bot' => ['PMO bot', READ + EDIT + %i[edit_project]],
  'pmo-reader' => ['PMO reader', READ],
  'pmo-editor' => ['PMO editor', READ + EDIT]
}.each do |login, (title, permissions)|
  role = Role.find_by_name(title) || Role.new(:name => title)
  role.issues_visibility = role.users_visibility = role.time_entries_visibility = 'all'
  role.assignable = false
  role.permissions = permissions
  role.save!
  give_key(person(login, 'PMO', login.delete_prefix('pmo-').capitalize), KEYS[login])
end

left = person('pmo-left', 'Lee', 'Left')
give_key(left, KEYS['pmo-left'])
left.update_column(:status, User::STATUS_LOCKED)
